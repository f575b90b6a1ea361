/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Atomics and bit operations are asm, which a sanitizer does not see. They say what they
 * are about to touch, as to KASAN: here that is touched in C in front of them.
 */
#ifndef SHIM_LINUX_KASAN_CHECKS_H
#define SHIM_LINUX_KASAN_CHECKS_H
#include <linux/types.h>

static __always_inline bool kasan_check_read(const volatile void *p, unsigned int size)
{
#if __has_feature(address_sanitizer)
	(void)*(const volatile char *)p;
	(void)((const volatile char *)p)[size - 1];
#endif
	return true;
}

static __always_inline bool kasan_check_write(const volatile void *p, unsigned int size)
{
	return kasan_check_read(p, size);
}

#define __kasan_check_read  kasan_check_read
#define __kasan_check_write kasan_check_write
#endif
