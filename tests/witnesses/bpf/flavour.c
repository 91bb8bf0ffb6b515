#include "core.h"
struct page___old { unsigned long compound_head; } CORE;
struct page___new { unsigned long compound_info; } CORE;
struct page___a___b { unsigned long flags; } CORE;
struct page____c { unsigned long flags; } CORE;
struct task_struct__d { int pid; } CORE;
struct task_struct___e_ { int tgid; } CORE;
PROGRAM(flavour)(void *p, void *t)
{
	return ((struct page___old *)p)->compound_head + ((struct page___new *)p)->compound_info + ((struct page___a___b *)p)->flags + ((struct page____c *)p)->flags
		+ ((struct task_struct__d *)t)->pid + ((struct task_struct___e_ *)t)->tgid;
}
