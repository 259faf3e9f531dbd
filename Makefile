# Hearsay. `make` builds, `make run` serves news on 127.0.0.1:1119, `make test` tests.
# CC=clang and SAN=1 (address and undefined behaviour sanitizers) choose other builds.

B ?= build/$(CC)$(if $(SAN),-san)
ifeq ($(origin CC),default)
CC := gcc
endif
SHARED ?= ../shared

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 \
    -Wimplicit-fallthrough -Wcast-qual -Wconversion -Wno-sign-conversion
hardening := -fPIE -fno-common -fvisibility=hidden -fno-strict-overflow \
    -fstack-protector-strong -fstack-clash-protection
ifneq ($(findstring clang,$(CC)),clang)
warnings += -Wlogical-op -Wduplicated-cond -Wduplicated-branches
hardening += -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr
endif
ifeq ($(SAN),)
hardening += -O2 -D_FORTIFY_SOURCE=3
else
hardening += -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
WERROR ?= -Werror
CFLAGS_ALL = -std=gnu11 -g $(warnings) $(WERROR) $(hardening) -D_GNU_SOURCE -I. -I$(B) \
    -ffile-prefix-map=$(CURDIR)=. -MMD -MP $(CFLAGS)
LDFLAGS_ALL = $(if $(SAN),-fsanitize=address$(comma)undefined) -pie -Wl,-z,relro,-z,now \
    -Wl,-z,noexecstack -Wl,--as-needed $(LDFLAGS)
comma := ,
LIBS := -lsqlite3 -lzstd -lz -levent -lseccomp -lqrencode -lcrypto

programs := hearsay newsd batcher reader
folder_hearsay := cli
folder_newsd := newsd
folder_batcher := batcher
folder_reader := reader

srcs = $(sort $(wildcard $(1)/*.c))
objs = $(patsubst %.c,$(B)/%.o,$(call srcs,$(1)))

.PHONY: all
all: $(addprefix $(B)/bin/,$(programs))

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(B)/lib.a: $(call objs,lib)
$(B)/spool.a: $(call objs,spool)
$(B)/lib.a $(B)/spool.a:
	@rm -f $@
	ar rcD $@ $^

define program
$(B)/$(1).a: $(filter-out %/main.o,$(call objs,$(folder_$(1))))
	@rm -f $$@
	ar rcD $$@ $$^
$(B)/bin/$(1): $(B)/$(folder_$(1))/main.o $(B)/$(1).a $(B)/spool.a $(B)/lib.a
	@mkdir -p $$(@D)
	$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $(LIBS)
endef
$(foreach p,$(programs),$(eval $(call program,$(p))))

# Unit tests link the libraries and, where their first line says `links: reader`, that one.
units := $(patsubst tests/unit/%.c,$(B)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
$(B)/unit/%: tests/unit/%.c $(B)/lib.a $(B)/spool.a $(addprefix $(B)/,$(addsuffix .a,newsd batcher reader hearsay))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MF $@.d $(LDFLAGS_ALL) -o $@ $< \
	    $(patsubst %,$(B)/%.a,$(shell sed -n '1s/.*links: *\([a-z ]*[a-z]\).*/\1/p' $<)) \
	    $(B)/spool.a $(B)/lib.a -lcmocka $(LIBS)

.PHONY: units test
units: $(units)
test: all units
	CMOCKA_MESSAGE_OUTPUT=TAP prove -j2 $(units) --exec ''

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
