/* links: newsd */
#include <assert.h>
#include <stddef.h>

#include "newsd/frame.h"
#include "tests/unit/simline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STREAM 6000

static unsigned
take(struct view *v)
{
	uint8_t c = 0;

	return view_u8(v, &c) == ERR_OK ? c : 0;
}

/* Puts bytes of the input among those of the line, as they are or as valid frames of the
 * caller's: it is hostile then, and all that must hold is that nothing breaks. */
static bool
interfere(struct sim *s, struct view *v)
{
	unsigned how = take(v), n = take(v);
	struct view bytes = view_slice(*v, 0, n);
	struct buf b = BUF_INIT(4096);
	int to = how & 1;
	bool hostile = (how & 2) != 0 && bytes.len >= 3;

	*v = view_slice(*v, bytes.len, v->len);
	if (hostile) {
		uint64_t low = (uint64_t)bytes.p[1] << 8 | bytes.p[2];

		buf_addc(&b, 0x7e);
		frame_write(bytes, s->end[!to].session, low, &b);
		bytes = buf_view(&b);
	}
	arq_input(s->end[to].a, bytes, s->now_ms);
	buf_release(&b);
	if (how & 4)
		arq_close(s->end[to].a);
	if (how & 8)
		arq_test(s->end[to].a, n * 5, true);
	if ((how & 0x30) == 0x30)
		arq_abort(s->end[to].a, "because");
	for (unsigned i = 0; i < how >> 6; i++)
		sim_run(s, 100);
	return hostile || (how & 0x30) == 0x30;
}

/* Two ends that talk while bytes are put between: what arrives is what was written. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = { data, size };
	unsigned first = take(&v), second = take(&v);
	struct sim_faults f = { .corrupt = (first & 3) * 1e-3,
		.drop = (first >> 2 & 3) * 1e-3,
		.insert = (first >> 4 & 3) * 1e-3,
		.echo = (first & 0x40) != 0,
		.flow = (first & 0x80) != 0 };
	struct arq_config c = { .bps = second & 1 ? 115200 : 0,
		.half_duplex = (second & 2) != 0,
		.test = (second & 4) != 0 };
	unsigned char *p[2] = { sim_payload(STREAM, 1), sim_payload(STREAM, 2) };
	bool hostile = false;
	struct sim s;

	sim_start(&s, 115200, 5, &f, &c, &c, second);
	for (int i = 0; i < 2; i++)
		s.end[i].out = (struct view){ p[i], STREAM };
	while (v.len > 0)
		hostile |= interfere(&s, &v);
	s.end[0].close = s.end[1].close = true;
	sim_run(&s, 3000);
	for (int i = 0; i < 2; i++) {
		assert(s.end[i].got_n <= STREAM || hostile);
		if (!hostile)
			assert(memcmp(s.end[i].got_n ? s.end[i].got : p[!i], p[!i],
				   s.end[i].got_n) == 0);
	}
	sim_stop(&s);
	free(p[0]);
	free(p[1]);
	return 0;
}
