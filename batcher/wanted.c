#include "batcher/wanted.h"

#include <stdlib.h>
#include <string.h>

void
wanted_release(struct wanted *w)
{
	free(w->item);
	*w = (struct wanted){ 0 };
}

/* What came leaves the front before more memory is taken. */
static enum err
make_room(struct wanted *w)
{
	size_t room = w->room * 2 + 1024;
	void *p;

	if (w->end < w->room)
		return ERR_OK;
	if (w->head > w->end / 2) {
		memmove(
		    w->item, w->item + w->head, (w->end - w->head) * sizeof w->item[0]);
		w->end -= w->head;
		w->head = 0;
		return ERR_OK;
	}
	if ((p = reallocarray(w->item, room, sizeof w->item[0])) == NULL)
		return ERR_NOMEM;
	w->item = p;
	w->room = room;
	return ERR_OK;
}

enum err
wanted_add(struct wanted *w, const struct wanted_item *it)
{
	enum err e = make_room(w);

	if (e != ERR_OK)
		return e;
	w->item[w->end] = *it;
	w->item[w->end++].gone = false;
	w->count++;
	return ERR_OK;
}

enum err
wanted_gone(struct wanted *w, uint32_t offer, uint16_t index)
{
	for (size_t i = w->head; i < w->end; i++) {
		struct wanted_item *it = &w->item[i];

		if (it->offer != offer || it->index != index || it->gone)
			continue;
		it->gone = true;
		w->count--;
		return ERR_OK;
	}
	return ERR_NOTFOUND;
}

enum err
wanted_take(struct wanted *w, struct wanted_item *out)
{
	while (w->head < w->end && w->item[w->head].gone)
		w->head++;
	if (w->head == w->end)
		return ERR_NOTFOUND;
	*out = w->item[w->head++];
	w->count--;
	return ERR_OK;
}
