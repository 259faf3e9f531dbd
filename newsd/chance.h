/* Chance from the kernel: newsd needs no generator of its own. */
#ifndef NEWSD_CHANCE_H
#define NEWSD_CHANCE_H

#include <stdint.h>

uint32_t chance(void);
/* From min to max, both included. */
uint32_t chance_between(uint32_t min, uint32_t max);

#endif
