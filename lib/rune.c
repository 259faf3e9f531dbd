#include "lib/rune.h"

#include <stdint.h>

#include "lib/text.h"

static const struct {
	uint32_t first, last;
} refused[] = {
	{ 0x0000, 0x001f },
	{ 0x007f, 0x009f },
	{ 0x061c, 0x061c },
	{ 0x200b, 0x200b },
	{ 0x200e, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2060, 0x206f },
	{ 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb },
	{ 0xfffe, 0xffff },
	{ 0xe0000, 0xe007f },
};

bool
rune_plain(struct view v)
{
	uint32_t r;

	while (v.len > 0) {
		if (text_rune(&v, &r) != ERR_OK)
			return false;
		for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
			if (r >= refused[i].first && r <= refused[i].last)
				return false;
	}
	return true;
}
