# Hearsay. `make` builds, `make run` serves news on 127.0.0.1:1119, `make test` tests,
# `make help` lists the rest. docs/building.md has the flags and the traps.
# CC=clang and SAN=1 (address and undefined behaviour sanitizers) choose other builds.

B ?= build/$(CC)$(if $(SAN),-san)
ifeq ($(origin CC),default)
CC := gcc
endif
SHARED ?= ../shared
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
T ?= 60

comma := ,
machine := $(shell uname -m)
warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 \
    -Wimplicit-fallthrough -Wcast-qual -Wconversion -Wno-sign-conversion
hardening := -fPIE -fno-common -fvisibility=hidden -fno-strict-overflow \
    -fstack-protector-strong -fstack-clash-protection -ffunction-sections -fdata-sections
hardening += $(if $(filter x86_64,$(machine)),-fcf-protection)
hardening += $(if $(filter aarch64,$(machine)),-mbranch-protection=standard)
ifneq ($(findstring clang,$(CC)),clang)
warnings += -Wlogical-op -Wduplicated-cond -Wduplicated-branches
hardening += -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr
endif
sanitizers := $(if $(SAN),address$(comma)undefined)$(if $(FUZZ),$(comma)fuzzer-no-link)
ifeq ($(SAN),)
hardening += -O2 -D_FORTIFY_SOURCE=3
else
# gcc sees uninitialized variables in the code that the sanitizers add
hardening += -O1 -fsanitize=$(sanitizers) -fno-sanitize-recover=undefined \
    -fno-omit-frame-pointer -DHEARSAY_SAN $(if $(findstring clang,$(CC)),,-Wno-maybe-uninitialized)
endif
WERROR ?= -Werror
CFLAGS_ALL = -std=gnu11 -g $(warnings) $(WERROR) $(hardening) -D_GNU_SOURCE -I. -I$(B) \
    -ffile-prefix-map=$(CURDIR)=. -MMD -MP $(CFLAGS)
LDFLAGS_ALL = $(if $(SAN),-fsanitize=address$(comma)undefined) -pie -Wl,-z,relro,-z,now \
    -Wl,-z,noexecstack -Wl,--as-needed -Wl,--gc-sections $(LDFLAGS)
LIBS := -lsqlite3 -lzstd -lz -levent -lseccomp -lqrencode -lssl -lcrypto

programs := hearsay newsd batcher reader
folder_hearsay := cli
folder_newsd := newsd
folder_batcher := batcher
folder_reader := reader

srcs = $(sort $(wildcard $(1)/*.c))
objs = $(patsubst %.c,$(B)/%.o,$(call srcs,$(1)))

.PHONY: all
all: $(addprefix $(B)/bin/,$(programs)) ## build the four programs into build/gcc/bin

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(B)/lib/program.o: CFLAGS_ALL += -DLIBEXEC='"$(PREFIX)/libexec/hearsay"'

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

# Tests link the libraries and, where their first line says `links: reader`, that one too.
links = $(patsubst %,$(B)/%.a,$(shell sed -n '1s/.*links: *\([a-z ]*[a-z]\).*/\1/p' $(1))) \
    $(B)/spool.a $(B)/lib.a
units := $(patsubst tests/unit/%.c,$(B)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
targets := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
replays := $(addprefix $(B)/replay/,$(targets))
searches := $(addprefix $(B)/fuzz/,$(targets))

define unit
$(1): $(patsubst $(B)/unit/%,tests/unit/%.c,$(1)) $(call links,$(patsubst $(B)/unit/%,tests/unit/%.c,$(1)))
endef
$(foreach u,$(units),$(eval $(call unit,$(u))))
$(units):
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MF $@.d $(LDFLAGS_ALL) -o $@ $(filter %.c %.a,$^) -lcmocka $(LIBS)

# Each fuzz target runs its corpus as a test, with any compiler ...
define target
$(B)/replay/$(1) $(B)/fuzz/$(1): tests/fuzz/fuzz_$(1).c $(call links,tests/fuzz/fuzz_$(1).c)
endef
$(foreach t,$(targets),$(eval $(call target,$(t))))
$(replays): tests/fuzz/replay.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MF $@.d -DNAME='"$(@F)"' -Wno-missing-prototypes $(LDFLAGS_ALL) \
	    -o $@ $(filter %.c,$^) $(filter %.a,$^) $(LIBS)
# ... and searches with clang's fuzzer.
$(searches):
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MF $@.d -fsanitize=fuzzer -Wno-missing-prototypes $(LDFLAGS_ALL) \
	    -o $@ $(filter %.c,$^) $(filter %.a,$^) $(LIBS)

benches := $(patsubst tests/%.c,$(B)/%,$(sort $(wildcard tests/bench/*.c)))
define bench
$(B)/bench/$(1): tests/bench/$(1).c $(call links,tests/bench/$(1).c)
endef
$(foreach b,$(notdir $(benches)),$(eval $(call bench,$(b))))
$(benches):
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MF $@.d $(LDFLAGS_ALL) -o $@ $(filter %.c %.a,$^) $(LIBS)

# those that want a screen take long
desktop := tests/clients/pan.t tests/clients/thunderbird.t
clients := tests/nntp/netnntp.t tests/nntp/slrn.t $(sort $(wildcard tests/clients/*.t))
scripts := tests/layers $(filter-out $(desktop),$(sort $(wildcard tests/nntp/*.t tests/e2e/*.t \
    tests/clients/*.t)))
environment = B=$(abspath $(B)) SHARED=$(abspath $(SHARED)) CC=$(CC) SAN=$(SAN) \
    CMOCKA_MESSAGE_OUTPUT=TAP
# a test that hangs has failed
prove = $(environment) prove --exec 'timeout -k 10 900'

.PHONY: need-build need-test need-lint
need-build:
	@.ci/install build
need-test:
	@.ci/install build test
need-lint:
	@.ci/install build test lint

.PHONY: units replays run test check layers lint format fuzz bench bench-serial soak install clean help
preloads := $(patsubst tests/e2e/%.c,$(B)/%.so,$(sort $(wildcard tests/e2e/*.c)))
units: $(units) $(preloads)
$(preloads): $(B)/%.so: tests/e2e/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -D_GNU_SOURCE $(warnings) $(WERROR) -fPIC -shared -o $@ $<
replays: $(replays)

# HEARSAY_DIR chooses another node folder than ~/.hearsay.
run: need-build ## install packages, build, set up a node if there is none, serve news
	@$(MAKE) --no-print-directory all
	@node="$${HEARSAY_DIR:-$$HOME/.hearsay}"; \
	[ -e "$$node/node.conf" ] || $(B)/bin/hearsay -C "$$node" setup --yes || exit; \
	exec $(B)/bin/hearsay -C "$$node" up

test: need-test ## install packages, build, run every test; SAN=1, CC=clang, JOBS=2
	@$(MAKE) --no-print-directory -j$(JOBS) all units replays
	@$(MAKE) --no-print-directory check
check: ## run the tests that are built
	$(prove) -j$(JOBS) $(scripts) $(units) $(replays)

.PHONY: test-clients
test-clients: need-test ## every newsreader of docs/newsreaders.md, installed and driven
	@.ci/install clients && .ci/unpack $(B)/leafnode leafnode
	@$(MAKE) --no-print-directory -j$(JOBS) all
	CLIENTS_ALL=1 LEAFNODE=$(abspath $(B))/leafnode $(prove) -j$(JOBS) $(clients)

layers: need-test all ## includes and symbols of each program against tests/layers.d
	$(prove) tests/layers

lint: need-lint ## formatter, clang-tidy, cppcheck, shellcheck, mandoc, style
	@$(environment) tests/lint

format: ## let clang-format lay out all C files
	clang-format -i $(shell git ls-files '*.c' '*.h')

fuzz: need-lint ## search with clang's fuzzer, T=60 seconds a target, TARGETS="date seal"
	@$(MAKE) -s --no-print-directory -j$(JOBS) CC=clang SAN=1 FUZZ=1 B=build/clang-fuzz searches
	@tests/fuzz/run build/clang-fuzz $(T) $(or $(TARGETS),$(targets))
.PHONY: searches
searches: $(searches)

bench: need-test all $(benches) ## figures of issue 2 beside INN where it is installed; N=3 runs
	@$(environment) tests/bench/run

bench-serial: need-test all ## figures of the modem over a line simulator; CASES="noise-0 both"
	@$(environment) tests/bench/serial

soak: T = 600
soak: need-test ## repeat the tests for T=600 seconds or until one fails
	@$(MAKE) --no-print-directory -j$(JOBS) all units replays
	@end=$$(($$(date +%s) + $(T))); n=0; while [ $$(date +%s) -lt $$end ]; do \
	    $(MAKE) --no-print-directory check || exit; n=$$((n + 1)); done; \
	echo "soak: $$n rounds, none failed"

install: all ## DESTDIR= PREFIX=/usr/local
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/hearsay
	install $(B)/bin/hearsay $(DESTDIR)$(PREFIX)/bin
	install $(addprefix $(B)/bin/,newsd batcher reader) $(DESTDIR)$(PREFIX)/libexec/hearsay
	for m in $(wildcard docs/man/*.[158]); do \
	    install -m 644 -D -t $(DESTDIR)$(PREFIX)/share/man/man$${m##*.} $$m || exit; done

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

-include $(shell find $(B) -name '*.d' 2>/dev/null)
