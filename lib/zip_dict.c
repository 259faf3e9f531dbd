#include "lib/zip.h"

#define DICT_ID 0xa3839733u

/* lib/dict/dictionary.txt, byte for byte */
__asm__(".section .rodata\n"
	".balign 16\n"
	".globl hearsay_dict_begin\n"
	".hidden hearsay_dict_begin\n"
	"hearsay_dict_begin:\n"
	".incbin \"lib/dict/dictionary.txt\"\n"
	".globl hearsay_dict_end\n"
	".hidden hearsay_dict_end\n"
	"hearsay_dict_end:\n"
	".byte 0\n"
	".previous\n");

extern const unsigned char hearsay_dict_begin[] __attribute__((visibility("hidden")));
extern const unsigned char hearsay_dict_end[] __attribute__((visibility("hidden")));

struct view
zip_dict(void)
{
	return (struct view){ hearsay_dict_begin,
		(size_t)((uintptr_t)hearsay_dict_end - (uintptr_t)hearsay_dict_begin) };
}

uint32_t
zip_dict_id(void)
{
	return DICT_ID;
}
