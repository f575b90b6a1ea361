/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h - of the kernel, as much as drm_buddy.c and drm_mm.c want beyond the headers that
 * the tree has for programs (tools/include). The files in linux/ and drm/ stand in front of the
 * tree's own and end up here.
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

/* A BUG() is the end of the run and a verdict with file and line, a WARN() too. */
void shim_failed(const char *text) __attribute__((noreturn));
#define SHIM_STR_(x) #x
#define SHIM_STR(x)  SHIM_STR_(x)
#define SHIM_FAIL(what, cond)                                                        \
	({                                                                           \
		if (cond)                                                            \
			shim_failed(what "(" #cond ") in line " SHIM_STR(__LINE__)); \
		false;                                                               \
	})
#undef BUG_ON
#undef WARN_ON
#define BUG_ON(cond)  ((void)SHIM_FAIL("BUG_ON", cond))
#define WARN_ON(cond) SHIM_FAIL("WARN_ON", cond)

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/types.h>
#include <linux/kernel.h>
#include <linux/bits.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/sizes.h>

#define PAGE_SHIFT 12
#ifndef PAGE_SIZE
#define PAGE_SIZE (1ul << PAGE_SHIFT)
#endif

#ifndef IS_ALIGNED
#define IS_ALIGNED(x, a) (((x) & ((typeof(x))(a)-1)) == 0)
#endif
#ifndef list_last_entry
#define list_last_entry(head, type, member) list_entry((head)->prev, type, member)
#endif

struct kmem_cache;
void *shim_zalloc(size_t size);
void shim_free(void *object, size_t size);
struct kmem_cache *shim_cache(size_t size);
size_t shim_cache_size(const struct kmem_cache *cache);

#define KMEM_CACHE(type, flags)	       shim_cache(sizeof(struct type))
#define kmem_cache_destroy(cache)      ((void)(cache))
#define kmem_cache_zalloc(cache, gfp)  shim_zalloc(shim_cache_size(cache))
#define kmem_cache_free(cache, object) shim_free(object, shim_cache_size(cache))
#define kmalloc_array(n, size, gfp)    shim_zalloc((n) * (size))
#define kcalloc(n, size, gfp)	       shim_zalloc((n) * (size))
#define kmalloc(size, gfp)	       shim_zalloc(size)
#define kfree(object)		       ((void)(object))
#define kmemleak_update_trace(object)  ((void)(object))
#define cond_resched()		       ((void)0)

/* module_init() would run by itself when the kernel boots. */
#define module_init(fn)             \
	int shim_module_init(void); \
	int shim_module_init(void)  \
	{                           \
		return fn();        \
	}
#define module_exit(fn)		 static __attribute__((unused)) void (*const shim_exit)(void) = (fn)
#define MODULE_DESCRIPTION(text) _Static_assert(1, text)
#define MODULE_LICENSE(text)	 _Static_assert(1, text)
#ifndef EXPORT_SYMBOL
#define EXPORT_SYMBOL(symbol)
#endif
#ifndef __init
#define __init
#endif

/* Stacks of a debugging build: there are none. */
typedef unsigned int depot_stack_handle_t;
#define stack_depot_init()		       ((void)0)
#define stack_trace_save(entries, size, skip)  ((void)(entries), 0)
#define stack_depot_save(entries, nr, gfp)     ((void)(nr), 0)
#define stack_depot_snprint(stack, buf, n, sp) ((void)(buf))
#define DRM_ERROR(...)			       ((void)0)

#ifndef U64_MAX
#define U64_MAX (~(u64)0)
#endif
#ifndef WARN
#define WARN(cond, ...) WARN_ON(cond)
#endif
static inline u64 div64_u64_rem(u64 a, u64 b, u64 *rem)
{
	*rem = a % b;
	return a / b;
}
#ifndef clear_bit_unlock
#define clear_bit_unlock(nr, at) ((void)(*(at) &= ~BIT(nr)))
#endif

struct drm_printer;
static inline void drm_printf(struct drm_printer *printer, const char *format, ...)
{
	(void)printer;
	(void)format;
}

#endif
