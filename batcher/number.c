#include "batcher/number.h"

#include <stdio.h>

const char *
number_text(char out[NUMBER_MAX], uint64_t n, const char *noun)
{
	char digits[32];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), at = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	snprintf(out + at, NUMBER_MAX - (size_t)at, " %s%s", noun, n == 1 ? "" : "s");
	return out;
}
