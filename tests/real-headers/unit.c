/* One object of each struct that the rules look at, so that the compiler describes it. Compiled against the edited headers of one kernel. */
#include <linux/mm.h>
#include <linux/memremap.h>
#include <linux/rmap.h>
#include <linux/memcontrol.h>
#include <net/netmem.h>
#include <mm/slab.h>
#if __has_include(<mm/zpdesc.h>)
#include <mm/zpdesc.h>
#endif
#include <drivers/iommu/iommu-pages.h>

#define OBJECT(type) struct type layoutcheck_##type
OBJECT(page);
OBJECT(folio);
OBJECT(ptdesc);
OBJECT(slab);
OBJECT(net_iov);
OBJECT(dev_pagemap);
OBJECT(zone);
OBJECT(mem_section);
OBJECT(kmem_cache);
OBJECT(mem_cgroup);
OBJECT(address_space);
OBJECT(anon_vma);
OBJECT(list_head);
OBJECT(callback_head);
#if __has_include(<mm/zpdesc.h>)
OBJECT(zpdesc);
OBJECT(ioptdesc);
OBJECT(netmem_desc);
#endif
