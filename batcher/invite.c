/* The verbs about invitations: invite, join, invites. */
#include "batcher/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "batcher/number.h"
#include "batcher/pairing.h"
#include "batcher/people.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/log.h"

/* The friend of that name, or a new one. */
static enum err
friend_or_new(struct batcher *b, const char *name, struct friend **out)
{
	enum err e = ERR_OK;

	if ((*out = batcher_friend(b, name)) != NULL)
		return ERR_OK;
	if ((e = feed_begin(b->feed)) != ERR_OK)
		return e;
	if ((e = batcher_befriend(b, name, out)) == ERR_OK)
		return feed_commit(b->feed);
	feed_rollback(b->feed);
	return e;
}

static void
print_id(const struct root *root)
{
	struct buf b = BUF_INIT(64);

	pairing_id(root, &b);
	if (buf_cstr(&b) != NULL)
		printf("%s", (const char *)b.p);
	buf_release(&b);
}

/* ---- invite ------------------------------------------------ */

static int
print_token(const struct token *t, const char *name, int64_t until)
{
	struct buf text = BUF_INIT(TOKEN_TEXT_MAX);
	int code = 1;

	if (token_write(t, &text) == ERR_OK && buf_cstr(&text) != NULL) {
		printf(
		    "Give this token to %s by a way that you both trust. It works once, until ",
		    name);
		people_date(until); /* the token itself has whole hours */
		printf(".\n%s then says `hearsay join`, and %s does the rest.\n%s\n",
		    name,
		    t->hints > 0 ? "calls you; else the next stick" : "the next stick",
		    (const char *)text.p);
		code = 0;
	}
	buf_wipe(&text);
	return code;
}

/* An expired one is open no more: the friend who came too late is invited again. */
static bool
has_open(const struct ring *r)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->root[i]->state == ROOT_INVITED && r->ran < r->root[i]->expires)
			return true;
	return false;
}

int
command_invite(struct batcher *b, const struct arguments *a)
{
	const char *name = people_name(a->words[0]);
	struct token t = { 0 };
	struct friend *f;
	int code = 1;
	enum err e;

	if ((e = friend_or_new(b, name, &f)) != ERR_OK)
		return command_failed(name, e);
	if (has_open(&f->ring)) {
		log_at(LOG_ERROR,
		    "%s has an open invitation: `hearsay invites` shows it; revoke it first "
		    "(--revoke ID), or invite under another name",
		    name);
		return 1;
	}
	for (; t.hints < a->addresses; t.hints++)
		snprintf(t.hint[t.hints], sizeof t.hint[0], "%s", a->address[t.hints]);
	if ((e = pairing_invite(&f->ring, &t, a->expires, b->now)) == ERR_OK)
		e = ring_save(b->node, &f->ring);
	if (e == ERR_OK)
		code = print_token(&t, name, b->now + a->expires);
	else if (e == ERR_FULL)
		log_at(LOG_ERROR,
		    "%s has too many keys in use: hearsay cut %s, then invite again",
		    name, name);
	else
		code = command_failed(name, e);
	token_release(&t);
	return code;
}

/* ---- join ------------------------------------------------ */

static int
token_trouble(enum err e, size_t at)
{
	if (e == ERR_VERSION)
		log_at(LOG_ERROR,
		    "this token is of another version of Hearsay: update, or ask for a token "
		    "made by the same version");
	else if (e == ERR_SYNTAX && at > 0)
		log_at(LOG_ERROR,
		    "this is not a token: character %zu cannot stand in one (A-Z and 2-7 can); "
		    "copy it again",
		    at);
	else if (e == ERR_CRYPTO)
		log_at(LOG_ERROR,
		    "the token is mistyped somewhere: compare it letter by letter");
	else
		log_at(LOG_ERROR, "this is not a whole token: copy it again, all of it");
	return 1;
}

/* ERR_EXISTS: said. */
static enum err
token_unused(struct batcher *b, const struct token *t)
{
	bool ours;

	for (size_t i = 0; i < b->count; i++) {
		const char *name = b->friends[i]->ring.name;

		if (!pairing_knows(&b->friends[i]->ring, t, &ours))
			continue;
		if (ours)
			log_at(LOG_ERROR,
			    "this is your own invitation for %s: give it to %s, who joins with it",
			    name, name);
		else
			log_at(LOG_ERROR,
			    "you have joined with this token already: that friend is %s",
			    name);
		return ERR_EXISTS;
	}
	return ERR_OK;
}

/* Who joins with a token means its addresses: they count as typed, unless the friend's file
 * has carriers already, or the name is one that only a proxy may look up. Addresses that
 * come later, in-band, are `learned` (docs/link.md). */
static const char *
address_key(const struct friend *f, const char *address)
{
	static const char *const carriers[] = { "tcp", "socks5", "exec", "serial", "dir",
		"serial" };
	struct view host =
	    view_slice(view_str(address), 0, view_chr(view_str(address), ':'));

	for (size_t i = 0; i < sizeof carriers / sizeof carriers[0]; i++)
		if (conf_has(buf_view(&f->conf), carriers[i]))
			return "learned";
	if (host.len > 6 && view_caseeqs(view_slice(host, host.len - 6, 6), ".onion"))
		return "learned";
	return "tcp";
}

static enum err
learn(struct batcher *b, struct friend *f, const struct token *t)
{
	struct buf file = BUF_INIT(CONF_MAX);
	enum err e;

	if (t->hints == 0)
		return ERR_OK;
	buf_addv(&file, buf_view(&f->conf));
	for (unsigned i = 0; i < t->hints; i++)
		if (strncmp(t->hint[i], "tcp:", 4) == 0)
			buf_addf(&file, "%s %s\n", address_key(f, t->hint[i] + 4),
			    t->hint[i] + 4);
	e = fs_write_atomic(
	    NODE_PATH(b->node, "friends/%s", f->ring.name), buf_view(&file), false);
	buf_release(&file);
	return e;
}

static enum err
join_as(struct batcher *b, const char *name, const struct token *t)
{
	struct friend *f;
	enum err e;

	if ((e = token_unused(b, t)) != ERR_OK)
		return e;
	if ((e = friend_or_new(b, name, &f)) != ERR_OK)
		return e;
	if (people_root(f, ROOT_JOINING) != NULL) {
		log_at(LOG_ERROR,
		    "you are joining %s already, and no answer came yet: carry a stick, or say "
		    "another name with --as",
		    name);
		return ERR_EXISTS;
	}
	if ((e = pairing_join(&f->ring, t, b->now)) == ERR_OK &&
	    (e = ring_save(b->node, &f->ring)) == ERR_OK)
		e = learn(b, f, t);
	return e;
}

int
command_join(struct batcher *b, const struct arguments *a)
{
	const char *name = people_name(a->as);
	struct buf text = BUF_INIT(TOKEN_TEXT_MAX * 2);
	struct token t = { 0 };
	size_t at = 0;
	int code = 1;
	enum err e;

	if ((e = fs_readfd(STDIN_FILENO, &text)) == ERR_OK)
		e = token_parse(buf_view(&text), &t, &at);
	if (e != ERR_OK) {
		code = token_trouble(e, at);
		goto out;
	}
	if ((e = join_as(b, name, &t)) == ERR_EXISTS)
		goto out;
	if (e != ERR_OK) {
		code = command_failed(name, e);
		goto out;
	}
	if (t.expires < b->now)
		printf(
		    "By this clock the invitation has expired; %s decides. If no answer comes, "
		    "ask for a new token.\n",
		    name);
	printf(
	    "Joining %s. Carry a stick to %s (hearsay stick DIR) and back: then you are "
	    "friends.\n",
	    name, name);
	code = 0;
out:
	token_release(&t);
	buf_wipe(&text);
	return code;
}

/* ---- invites ------------------------------------------------ */

static bool
is_invitation(const struct root *root)
{
	return root->state == ROOT_INVITED || root->state == ROOT_CONFIRMED ||
	    root->state == ROOT_REVOKED || root->state == ROOT_JOINING;
}

static const char *
invitation_state(const struct ring *r, const struct root *root)
{
	switch (root->state) {
	case ROOT_INVITED:
		return r->ran >= root->expires ? "expired" : "open";
	case ROOT_CONFIRMED:
		return "used";
	case ROOT_REVOKED:
		return "revoked";
	default:
		return "joining";
	}
}

static void
print_invitation(const struct friend *f, const struct root *root, bool machine)
{
	const char *state = invitation_state(&f->ring, root);

	if (machine) {
		printf("id=");
		print_id(root);
		printf(" friend=%s state=%s made=%lld strangers=%u\n", f->ring.name,
		    state, (long long)root->made, root->strangers);
		return;
	}
	print_id(root);
	printf("  %-12s %-8s since ", f->ring.name, state);
	people_date(root->made);
	printf("\n");
	if (root->strangers > 0)
		printf("          %s refused: another key, too late, or revoked\n",
		    NUMBER(root->strangers, "answer"));
}

static int
revoke_invitation(struct batcher *b, const char *id)
{
	for (size_t i = 0; i < b->count; i++) {
		struct ring *r = &b->friends[i]->ring;

		for (unsigned j = 0; j < r->count; j++) {
			struct buf t = BUF_INIT(64);
			bool same;
			enum err e;

			pairing_id(r->root[j], &t);
			same =
			    view_caseeqs(buf_view(&t), id) && r->root[j]->token.len > 0;
			buf_release(&t);
			if (!same)
				continue;
			if (r->root[j]->state == ROOT_JOINING)
				ring_drop(r, j);
			else if (r->root[j]->state == ROOT_INVITED) {
				r->root[j]->state = ROOT_REVOKED;
				r->root[j]->drop = r->ran + EPOCH_RUN;
			} else {
				log_at(LOG_ERROR,
				    "invitation %s was answered already; `hearsay cut %s` ends the "
				    "friendship",
				    id, r->name);
				return 1;
			}
			if ((e = ring_save(b->node, r)) != ERR_OK)
				return command_failed(r->name, e);
			printf("Revoked: whoever answers it gets silence.\n");
			return 0;
		}
	}
	log_at(LOG_ERROR, "no invitation has the id %s: `hearsay invites` lists them",
	    quoted(view_str(id)));
	return 1;
}

int
command_invites(struct batcher *b, const struct arguments *a)
{
	unsigned n = 0;

	if (a->revoke != NULL)
		return revoke_invitation(b, a->revoke);
	for (size_t i = 0; i < b->count; i++)
		for (unsigned j = 0; j < b->friends[i]->ring.count; j++)
			if (is_invitation(b->friends[i]->ring.root[j])) {
				print_invitation(b->friends[i],
				    b->friends[i]->ring.root[j], a->machine);
				n++;
			}
	if (n == 0 && !a->machine)
		printf("No open invitations. Make one: hearsay invite NAME\n");
	return 0;
}
