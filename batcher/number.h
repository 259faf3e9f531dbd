/* Numbers as people read them: "5,000 articles", "1 article". */
#ifndef BATCHER_NUMBER_H
#define BATCHER_NUMBER_H

#include <stdint.h>

#define NUMBER_MAX 96
const char *number_text(char out[NUMBER_MAX], uint64_t n, const char *noun);
#define NUMBER(n, noun) number_text((char[NUMBER_MAX]){ 0 }, (n), (noun))

#endif
