#include "core.h"
struct task_struct { int pid; unsigned long flags; char comm[16]; unsigned int none; } CORE;
PROGRAM(writes)(struct task_struct *t, long value) { t->pid = value; t->flags = 7; t->comm[2] = 1; t->none = 4; return 0; }
