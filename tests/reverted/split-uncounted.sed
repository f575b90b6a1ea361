# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: split free page with properly free memory accounting and without race (86d28b070927)
# file: mm/page_alloc.c
# in: split_free_page()
# lines: 3
# A free page that is split at the border of an isolated range is taken from its list but not
# from the number of free pages.
# judge: laws (conservation), twin
/^[a-z].* split_free_page\(/,/^\}/{
	/likely\(!is_migrate_isolate\(mt\)\)/{
		N
		s/.*/\tREVERTED(!is_migrate_isolate(mt));/
	}
}
