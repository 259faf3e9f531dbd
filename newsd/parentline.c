#include <unistd.h>

#include "lib/log.h"
#include "lib/text.h"
#include "newsd/control.h"
#include "newsd/parentcore.h"

/* Where somebody called, or our call stands; fd is consumed. */
static void
on_line_up(void *arg, const char *friend, int fd)
{
	struct parent *p = arg;
	size_t i = friendlist_find(&p->list, view_str(friend));

	if (friend[0] == '\0' && parentcore_awaited(p)) {
		kept_stranger(&p->kept, fd);
		return;
	}
	if (friend[0] == '\0' && p->phase == PHASE_RUNNING)
		spawned_tell(&p->worker, CONTROL_STRANGER, 0, CONTROL_ALL, 0, fd);
	else if (i < p->list.n && p->phase == PHASE_RUNNING)
		spawned_tell(&p->worker, CONTROL_STREAM, 0, (uint32_t)i, 0, fd);
	close(fd);
}

static void
on_line_said(void *arg, const char *friend, struct view words)
{
	struct parent *p = arg;
	size_t i = friendlist_find(&p->list, view_str(friend));
	struct buf text = BUF_INIT(JOBS_WORDS_MAX);

	text_show(&text, words, JOBS_WORDS_MAX / 4);
	for (size_t n = 0; n < text.len; n++)
		if (text.p[n] == '"')
			text.p[n] = '\'';
	if (p->status != NULL && i < p->list.n)
		status_said(p->status, (uint32_t)i, buf_view(&text));
	if (p->hand != NULL)
		hand_line_said(p->hand, buf_view(&text));
	buf_release(&text);
}

static void
on_line_ended(void *arg, const char *friend, bool up, int code)
{
	struct parent *p = arg;
	size_t i = friendlist_find(&p->list, view_str(friend));

	log_at(LOG_DEBUG, "line friend=%s ended code=%d", friend, code);
	if (!up && i < p->list.n && p->phase == PHASE_RUNNING)
		spawned_tell(&p->worker, CONTROL_STREAM, 0, (uint32_t)i, 0, -1);
}

enum err
parentline_new(struct parent *p)
{
	struct lines_calls calls = { on_line_up, on_line_said, on_line_ended, p };

	p->lines = lines_new(p->base, p->node, &calls);
	return p->lines != NULL ? ERR_OK : ERR_NOMEM;
}

void
parentline_call(struct parent *p, uint32_t friend, const char *spec)
{
	/* the stream follows when somebody answered */
	if (lines_call(p->lines, p->list.friends[friend].name, spec) != ERR_OK)
		spawned_tell(&p->worker, CONTROL_STREAM, 0, friend, 0, -1);
}
