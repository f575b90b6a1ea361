/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * asan.h - red zones where AddressSanitizer is linked in, and copies that step
 * over them. The oracle itself need not be compiled with it.
 */
#ifndef PAGEFUZZ_ASAN_H
#define PAGEFUZZ_ASAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define PF_HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PF_HAVE_ASAN 1
#endif
#endif

extern void __asan_poison_memory_region(void const volatile *addr, size_t size)
	__attribute__((weak));
extern void __asan_unpoison_memory_region(void const volatile *addr, size_t size)
	__attribute__((weak));

static inline void pf_poison(void *addr, size_t size)
{
	if (__asan_poison_memory_region && size)
		__asan_poison_memory_region(addr, size);
}

static inline void pf_unpoison(void *addr, size_t size)
{
	if (__asan_unpoison_memory_region && size)
		__asan_unpoison_memory_region(addr, size);
}

/* memcpy() past ASan's interceptor, which would stop at red zones. No overlap. */
static inline void pf_raw_copy(void *to, const void *from, size_t size)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
#else
	volatile unsigned char *t = to;
	const volatile unsigned char *f = from;

	while (size--)
		*t++ = *f++;
#endif
}

#endif /* PAGEFUZZ_ASAN_H */
