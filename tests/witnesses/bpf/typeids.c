#include "core.h"
struct page { unsigned long flags; };
struct none_such { int a; };
struct elf_note_info { int a; };
typedef struct { int counter; } atomic_t;
PROGRAM(ids)(void)
{
	long sum = 0;
	USE(LOCAL_ID(struct page)); USE(KERNEL_ID(struct page)); USE(KERNEL_ID(struct none_such)); USE(KERNEL_ID(atomic_t)); USE(LOCAL_ID(atomic_t)); USE(LOCAL_ID(struct page *)); USE(KERNEL_ID(struct elf_note_info));
	return sum;
}
