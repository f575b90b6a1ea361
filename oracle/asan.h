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
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define PF_HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PF_HAVE_ASAN 1
#endif
#endif

#ifdef PF_NO_ASAN
/* There is none, and not even a call of its functions: OSS-Fuzz counts these. */
#define __asan_poison_memory_region   ((void (*)(void const volatile *, size_t))NULL)
#define __asan_unpoison_memory_region __asan_poison_memory_region
#else
extern void __asan_poison_memory_region(void const volatile *addr, size_t size)
	__attribute__((weak));
extern void __asan_unpoison_memory_region(void const volatile *addr, size_t size)
	__attribute__((weak));
#endif

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

/*
 * memcpy(), with ASan past its interceptor, which would stop at red zones. Vectors,
 * so that no compiler makes a call of memcpy() of it.
 */
typedef uint64_t pf_vector __attribute__((vector_size(16), aligned(1), may_alias));

__attribute__((no_sanitize("address"))) static inline void pf_raw_copy(void *to, const void *from,
								       size_t size)
{
	volatile unsigned char *t = to;
	const unsigned char *f = from;

	if (!__asan_poison_memory_region) {
		memcpy(to, from, size);
		return;
	}
	for (; size >= 64; size -= 64, t += 64, f += 64)
		for (unsigned i = 0; i < 64; i += 16)
			*(volatile pf_vector *)(t + i) = *(const pf_vector *)(f + i);
	while (size--)
		*t++ = *f++;
}

#endif /* PAGEFUZZ_ASAN_H */
