// SPDX-License-Identifier: GPL-2.0-only
/*
 * no_mutate.c - for drivers that know the custom mutator but not its way back into
 * libFuzzer. Weak: an engine's own one counts.
 */
#include <stddef.h>
#include <stdint.h>

__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	(void)data;
	(void)size;
	(void)max_size;
	return 0;
}
