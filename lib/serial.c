#include "lib/serial.h"

#include <stddef.h>
#include <string.h>

#include "lib/text.h"

static enum err
parse_speeds(struct view v, struct serial *s, const char **why)
{
	*why = "a speed is bits a second, as 33600; several as 33600/9600";
	while (v.len > 0) {
		size_t n = view_chr(v, '/');
		uint64_t speed;

		if (s->n_speeds == SERIAL_SPEEDS || n + 1 == v.len ||
		    text_num(view_slice(v, 0, n), SERIAL_SPEED_MIN, SERIAL_SPEED_MAX,
			&speed) != ERR_OK)
			return ERR_SYNTAX;
		s->speeds[s->n_speeds++] = (uint32_t)speed;
		v = view_slice(v, n + 1, v.len);
	}
	return ERR_OK;
}

static enum err
parse_word(struct view v, struct serial *s, const char **why)
{
	static const struct {
		const char *word;
		size_t at;
	} words[] = {
		{ "half-duplex", offsetof(struct serial, half_duplex) },
		{ "3-wire", offsetof(struct serial, three_wire) },
		{ "direct", offsetof(struct serial, direct) },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (view_eqs(v, words[i].word)) {
			memset((char *)s + words[i].at, true, sizeof(bool));
			return ERR_OK;
		}
	if (v.len > 0 && text_isdigit(v.p[0]) && s->n_speeds == 0)
		return parse_speeds(v, s, why);
	*why = "behind the device stand a speed, half-duplex, 3-wire or direct";
	return ERR_SYNTAX;
}

enum err
serial_parse(struct view v, struct serial *out, const char **why)
{
	struct serial s = { .n_speeds = 0 };
	size_t n = view_chr(v, ',');
	enum err e;

	*why = "a serial device is a path as /dev/ttyS0";
	if (n < 2 || n >= sizeof s.device || v.p[0] != '/' ||
	    view_chr(view_slice(v, 0, n), '\0') < n)
		return ERR_SYNTAX;
	memcpy(s.device, v.p, n);
	while (n < v.len) {
		v = view_slice(v, n + 1, v.len);
		n = view_chr(v, ',');
		if ((e = parse_word(view_slice(v, 0, n), &s, why)) != ERR_OK)
			return e;
	}
	*out = s;
	return ERR_OK;
}
