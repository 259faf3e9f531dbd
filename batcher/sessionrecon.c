#include "batcher/sessioncore.h"

#define RECON_RUN (7 * 86400ll) /* running time between two reconciliations */

/* The caller's current epoch, which both know by now. */
static enum err
recon_new(struct session *s)
{
	struct root *root = sessioncore_root(s);
	struct key key;
	enum err e;

	if (root == NULL)
		return ERR_NOTFOUND;
	if ((e = reconcile_key(s->caller ? &root->send.key : &root->recv.key, &key)) ==
	    ERR_OK)
		e = reconcile_new(s->b, s->f, &key, s->caller, &s->recon);
	key_release(&key);
	s->recon_building = e == ERR_OK;
	return e;
}

enum err
sessionrecon_got(struct session *s, struct view body)
{
	enum err e = ERR_OK;

	if (body.len == 0 || s->recon_in.len > 0 ||
	    (s->recon == NULL && (s->caller || s->reconciled)))
		return ERR_SYNTAX;
	if (s->recon == NULL && (e = recon_new(s)) != ERR_OK)
		return e;
	buf_addv(&s->recon_in, body);
	return buf_err(&s->recon_in) == ERR_OK ? ERR_OK : ERR_SYNTAX;
}

enum err
sessionrecon_due(struct session *s, bool *due)
{
	int64_t ran = 0;
	enum err e = feed_reconciled(s->b->feed, &s->f->feed, &ran);

	*due = e == ERR_NOTFOUND || (e == ERR_OK && s->f->ring.ran - ran >= RECON_RUN);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err
recon_finish(struct session *s)
{
	enum err e;

	if ((e = batcher_enter(s->b)) != ERR_OK)
		return e;
	if ((e = reconcile_apply(s->recon)) == ERR_OK)
		e = feed_set_reconciled(s->b->feed, &s->f->feed, s->f->ring.ran);
	s->f->changed = true;
	if ((e = batcher_leave(s->b, e)) == ERR_OK)
		outbound_again(s->outbound);
	reconcile_free(s->recon);
	s->recon = NULL;
	s->reconciled = true;
	return e;
}

static enum err
recon_step(struct session *s)
{
	/* a message grows over its limit before what is too much is taken back */
	struct buf reply = BUF_INIT(2 * RECONCILE_BODY_MAX);
	bool more;
	enum err e = reconcile_step(s->recon, buf_view(&s->recon_in), &reply, &more);

	buf_reset(&s->recon_in);
	if (e == ERR_OK && reply.len > 0)
		record_add(&s->out, RECORD_RECON, buf_view(&reply));
	while (e == ERR_OK && more && s->out.len < SESSION_OUT_MAX / 2) {
		buf_reset(&reply);
		e = reconcile_step(s->recon, (struct view){ 0 }, &reply, &more);
		if (e == ERR_OK && reply.len > 0)
			record_add(&s->out, RECORD_RECON, buf_view(&reply));
	}
	buf_release(&reply);
	if (e == ERR_TOOBIG)
		e = ERR_SYNTAX;
	return e == ERR_OK ? buf_err(&s->out) : e;
}

enum err
sessionrecon_work(struct session *s, bool *acted)
{
	bool more = false, due = false;
	enum err e = ERR_OK;

	if (!s->recon_asked) {
		s->recon_asked = true;
		if ((e = sessionrecon_due(s, &due)) != ERR_OK)
			return e;
		if (due && s->recon == NULL && s->caller) {
			s->recon_ours = true;
			e = recon_new(s);
		}
	}
	if (e != ERR_OK || s->recon == NULL)
		return e;
	*acted = true;
	if (s->recon_building) {
		if ((e = reconcile_build(s->recon, &more)) != ERR_OK || more)
			return e;
		s->recon_building = false;
		if (s->recon_ours && (e = recon_step(s)) != ERR_OK)
			return e;
	}
	if (s->recon_in.len > 0)
		e = recon_step(s);
	if (e == ERR_OK && reconcile_done(s->recon))
		e = recon_finish(s);
	return e;
}
