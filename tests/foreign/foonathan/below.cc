// SPDX-License-Identifier: MIT
/*
 * below.cc - what pagefuzz found in foonathan::memory 0.7.2, without pagefuzz: a pool that lies at
 * a lower address than its memory, as a global one does, crashes.
 *
 * The list of free nodes remembers the node freed last. If an array takes it and all behind, it
 * remembers the list's end, which is a member of the pool, and goes on to compare its address with
 * those of nodes: below them it looks for a node's place behind the end.
 */
#include <foonathan/memory/memory_pool.hpp>

#include <cstddef>

namespace fm = foonathan::memory;

/* One block behind the pool. */
class behind
{
      public:
	behind(std::size_t size, std::byte *memory) : size(size), memory(memory)
	{
	}

	fm::memory_block allocate_block()
	{
		return {memory, size};
	}

	void deallocate_block(fm::memory_block)
	{
	}

	std::size_t next_block_size() const
	{
		return size;
	}

      private:
	std::size_t size;
	std::byte *memory;
};

using pool = fm::memory_pool<fm::array_pool, behind>;
constexpr std::size_t SIZE = 32, NR = 11;

static struct {
	alignas(pool) std::byte pool_[sizeof(pool)];
	alignas(16) std::byte memory[16 + NR * SIZE];
} all;

int main()
{
	auto *p = new (all.pool_) pool(SIZE, sizeof(all.memory), all.memory);
	void *node[NR];

	for (auto &n : node)
		n = p->allocate_node();
	for (int i : {0, 3, 5, 7})
		p->deallocate_node(node[i]);
	p->deallocate_array(node[9], 2);
	if (p->allocate_array(2) != node[9])
		return 2;
	p->deallocate_node(node[1]); /* crashes */
	return 0;
}
