#include "reader/offer.h"

void
offer_init(struct offer *o, size_t raw_max)
{
	*o = (struct offer){ 0 };
	buf_init(&o->clean, raw_max);
}

void
offer_release(struct offer *o)
{
	buf_release(&o->clean);
}

bool
offer_read(struct offer *o, struct view raw, unsigned *reason)
{
	enum fault why = FAULT_NONE;

	buf_reset(&o->clean);
	if (article_clean(raw, &o->clean, &why) != ERR_OK) {
		*reason = why != FAULT_NONE ? why : FAULT_TOOBIG;
		return false;
	}
	return offer_look(o, buf_view(&o->clean), reason);
}

bool
offer_look(struct offer *o, struct view stored, unsigned *reason)
{
	enum fault why = FAULT_NONE;

	if (article_parse(stored, &o->article, &why) != ERR_OK) {
		*reason = why != FAULT_NONE ? why : FAULT_TOOBIG;
		return false;
	}
	/* native articles come from friends, with their signature, or not at all */
	*reason = FAULT_RESERVED;
	return !o->article.native;
}
