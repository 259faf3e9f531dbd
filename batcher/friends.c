/* The verbs about friends: friends, status, verify, cut. */
#include "batcher/command.h"

#include <stdio.h>
#include <string.h>

#include "batcher/number.h"
#include "batcher/people.h"
#include "batcher/signer.h"
#include "batcher/words.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"

#define VERIFY_WORDS 6

static struct friend *
known_friend(struct batcher *b, const char *name)
{
	struct friend *f = batcher_friend(b, people_name(name));

	if (f == NULL)
		log_at(LOG_ERROR, "no friend is called %s: `hearsay friends` lists them",
		    name);
	return f;
}

/* ---- friends, status ------------------------------------------------ */

static const char *
friend_state(struct friend *f)
{
	struct root *root = ring_sending(&f->ring);

	if (root != NULL && root->heard)
		return root->verified ? "verified" : "unverified";
	if (root != NULL)
		return "confirming";
	if (people_root(f, ROOT_JOINING) != NULL)
		return "joining";
	return people_root(f, ROOT_INVITED) != NULL ? "invited" : "waiting";
}

static uint64_t
behind(struct batcher *b, const struct friend *f)
{
	uint64_t last = 0;

	if (spool_last_arrival(b->spool, &last) != ERR_OK || last < f->feed.top)
		last = f->feed.top;
	return last - f->feed.top + ranges_count(&f->state.pending);
}

static bool
note_received(void *arg, const struct spool_meta *m)
{
	*(int64_t *)arg = m->received;
	return false;
}

/* When the oldest article that was sent and is not acknowledged came here; 0: none. */
static int64_t
unacknowledged(struct batcher *b, const struct friend *f)
{
	int64_t received = 0;

	if (f->state.flight.n == 0 ||
	    spool_arrivals(b->spool, f->state.flight.r[0].lo - 1, 1, note_received,
		&received) != ERR_OK)
		return 0;
	return received;
}

static void
print_friend_machine(struct batcher *b, struct friend *f)
{
	printf(
	    "friend=%s state=%s heard=%lld sent=%lld pending=%llu in-flight=%llu deferred=%llu"
	    " taken=%llu refused-there=%llu unwanted=%llu strikes=%llu"
	    " unacknowledged-since=%lld\n",
	    f->ring.name, friend_state(f), (long long)f->feed.heard,
	    (long long)f->feed.sent, (unsigned long long)behind(b, f),
	    (unsigned long long)ranges_count(&f->state.flight),
	    (unsigned long long)ranges_count(&f->state.deferred),
	    (unsigned long long)f->feed.taken, (unsigned long long)f->feed.refused,
	    (unsigned long long)f->feed.unwanted, (unsigned long long)f->feed.strikes,
	    (long long)unacknowledged(b, f));
}

static const char *
advice(const char *state)
{
	static const char *const rows[][2] = {
		{ "unverified", "compare six words: hearsay verify %s" },
		{ "confirming", "answered; the next call or stick finishes it" },
		{ "joining",
		    "your answer is on its way: carry a stick there and back, or hearsay "
		    "call %s" },
		{ "invited", "has not answered the invitation yet" },
		{ "waiting", "no keys in common: invite or join again" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(state, rows[i][0]) == 0)
			return rows[i][1];
	return "";
}

/* The texts are our own; the one hole in them, at the end, is for the name. */
static int
advice_len(const char *text)
{
	return (int)strcspn(text, "%");
}

static const char *
advice_name(const char *text, const struct friend *f)
{
	return text[advice_len(text)] == '%' ? f->ring.name : "";
}

static void
print_advice(const struct friend *f, const char *text)
{
	printf("             %.*s%s\n", advice_len(text), text, advice_name(text, f));
}

static void
print_friend(struct batcher *b, struct friend *f)
{
	const char *state = friend_state(f);

	printf("%-12s %-11s ", f->ring.name, state);
	if (f->feed.heard == 0)
		printf("never heard");
	else {
		printf("heard ");
		people_date(f->feed.heard);
	}
	/* local ones and those that the friend does not want are among them still */
	printf("; %s%s to send, %llu on the way", behind(b, f) > 0 ? "up to " : "",
	    NUMBER(behind(b, f), "article"),
	    (unsigned long long)ranges_count(&f->state.flight));
	if (unacknowledged(b, f) != 0) {
		printf(", not acknowledged since ");
		people_date(unacknowledged(b, f));
	}
	printf("\n");
	if (ranges_count(&f->state.deferred) > 0)
		printf("             %s over the quota there: sent again when the friend "
		       "said\n",
		    NUMBER(ranges_count(&f->state.deferred), "article"));
	if (advice(state)[0] != '\0')
		print_advice(f, advice(state));
	if (f->feed.strikes > 0)
		printf("             sent %s that no sound node sends\n",
		    NUMBER(f->feed.strikes, "thing"));
}

static void
each_friend(struct batcher *b, const struct arguments *a)
{
	for (size_t i = 0; i < b->count; i++)
		if (a->machine)
			print_friend_machine(b, b->friends[i]);
		else
			print_friend(b, b->friends[i]);
}

int
command_friends(struct batcher *b, const struct arguments *a)
{
	struct friend *f;

	if (a->count > 0) {
		if ((f = known_friend(b, a->words[0])) == NULL)
			return 1;
		if (a->machine)
			print_friend_machine(b, f);
		else
			print_friend(b, f);
		return 0;
	}
	if (b->count == 0 && !a->machine)
		printf("No friends yet: hearsay invite NAME, or hearsay join.\n");
	each_friend(b, a);
	return 0;
}

int
command_status(struct batcher *b, const struct arguments *a)
{
	struct signer_result r;
	enum err e = signer_run(b->node, b->spool, &r);

	if (e != ERR_OK)
		return command_failed("spool.db", e);
	if (a->machine)
		printf(
		    "stuck=%llu\nfriends=%zu\n", (unsigned long long)r.stuck, b->count);
	else if (r.stuck > 0)
		printf(
		    "Waiting   %s cannot be signed: the key of its author is not in keys/\n",
		    NUMBER(r.stuck, "post"));
	if (b->count == 0 && !a->machine)
		printf("Friends   none yet: hearsay invite NAME, or hearsay join\n");
	each_friend(b, a);
	return 0;
}

/* ---- verify, cut ------------------------------------------------ */

int
command_verify(struct batcher *b, const struct arguments *a)
{
	struct friend *f = known_friend(b, a->words[0]);
	struct root *root = f == NULL ? NULL : ring_sending(&f->ring);
	struct buf words = BUF_INIT(256);
	const char *text;
	enum err e;

	if (f == NULL)
		return 1;
	if (root == NULL) {
		text = advice(friend_state(f));
		log_at(LOG_ERROR, "%s and you are not paired yet: %.*s%s", f->ring.name,
		    advice_len(text), text, advice_name(text, f));
		return 1;
	}
	if (a->ok) {
		root->verified = true;
		if ((e = ring_save(b->node, &f->ring)) != ERR_OK)
			return command_failed(f->ring.name, e);
		printf("%s is verified.\n", f->ring.name);
		return 0;
	}
	words_add(&words, (struct view){ root->words, sizeof root->words }, VERIFY_WORDS);
	if (buf_cstr(&words) == NULL)
		return command_failed(f->ring.name, ERR_NOMEM);
	if (a->machine)
		printf("friend=%s verified=%s words=%s\n", f->ring.name,
		    root->verified ? "yes" : "no", (const char *)words.p);
	else
		printf(
		    "%s\nRead them to %s, by voice. If %s sees the same: hearsay verify %s --ok\n",
		    (const char *)words.p, f->ring.name, f->ring.name, f->ring.name);
	buf_release(&words);
	return 0;
}

int
command_cut(struct batcher *b, const struct arguments *a)
{
	struct friend *f = known_friend(b, a->words[0]);
	char name[NAME_MAX_LEN + 1];
	uint32_t id;
	enum err e;

	if (f == NULL)
		return 1;
	memcpy(name, f->ring.name, sizeof name);
	id = f->feed.id;
	/* keys first: whatever comes after, nothing of this friend's opens any more */
	if ((e = ring_erase(b->node, name)) != ERR_OK)
		return command_failed(name, e);
	if ((e = feed_begin(b->feed)) == ERR_OK &&
	    (e = feed_friend_cut(b->feed, id)) == ERR_OK)
		e = feed_commit(b->feed);
	if (e == ERR_OK)
		e = fs_erase(NODE_PATH(b->node, "friends/%s", name));
	if (e != ERR_OK)
		return command_failed(name, e);
	printf("%s is cut: the keys are erased, and nobody was told.\n", name);
	return 0;
}
