#include "core.h"
typedef unsigned long flags_a; typedef flags_a flags_b; typedef const flags_b flags_c;
typedef struct { int counter; } count_t; typedef count_t count_u;
typedef char name_t[16]; typedef name_t name_u;
struct page { flags_c flags; count_u _refcount; count_t _mapcount; } CORE;
struct task_struct { name_u comm; volatile unsigned int __state; const volatile int prio; } CORE;
typedef struct page page_t; typedef page_t page_u;
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
typedef struct { int counter; } atomic_t;
typedef struct atomic_none { int counter; } atomic_none_t;
#pragma clang attribute pop
PROGRAM(typedefs)(page_u *p, struct task_struct *t, atomic_t *a, atomic_none_t *n) { return p->flags + p->_refcount.counter + p->_mapcount.counter + t->comm[3] + t->__state + t->prio + a->counter + n->counter; }
