/* What `hearsay stick` tells. */
#include "batcher/stick.h"

#include <stdio.h>
#include <string.h>

#include "batcher/number.h"

static void
told(const char *name, uint64_t n, const char *noun, const char *what)
{
	if (n > 0)
		printf("From %s: %s%s\n", name, NUMBER(n, noun), what);
}

static void
came_in(const struct unpack_from *in)
{
	const struct unpack *u = &in->sum;
	const char *name = in->f->ring.name;

	if (u->paired > 0)
		printf(
		    "%s and you are friends now. When you next talk, compare six words: "
		    "hearsay verify %s\n",
		    name, name);
	told(name, u->articles, "article", ".");
	told(name, u->duplicates, "article", " that you had already.");
	told(name, u->differing, "article", " unlike the copy you have: yours stays.");
	told(name, u->unwanted, "article",
	    " in groups you do not want: hearsay groups want");
	told(name, u->refused, "article", " refused: not what an article may be.");
	told(name, u->deferred, "article", " over the day's quota: it comes again.");
	told(name, u->damaged, "damaged piece",
	    ": packed again when your answer arrives.");
	told(name, u->undecodable, "piece",
	    " sealed to a key that is gone: packed again when your answer arrives.");
	if (u->beaten > 0)
		printf(
		    "%s answers, but not to you: somebody else used the same token first, "
		    "unless this stick is damaged. Ask %s for a new token.\n",
		    name, name);
	if (u->strangers > 0)
		printf(
		    "Somebody else answered the invitation for %s, which was used already. "
		    "Compare words: hearsay verify %s\n",
		    name, name);
	if (u->late > 0)
		printf("An answer to the invitation for %s came after it had expired: "
		       "hearsay invite %s\n",
		    name, name);
	if (u->revoked > 0)
		printf(
		    "An answer to the invitation for %s came, which you had revoked.\n",
		    name);
}

static void
going_out(const struct stick_friend *o)
{
	const char *name = o->f->ring.name;

	if (o->on_stick > 0)
		printf("Take this stick to %s: %s %s on it.\n", name,
		    NUMBER(o->on_stick, "article"), o->on_stick == 1 ? "is" : "are");
	else if (o->pairing)
		printf("Take this stick to %s: your half of the friendship is on it.\n",
		    name);
	if (o->left > 0)
		printf(
		    "For %s %s did not fit: bring a bigger stick, or this one again when %s "
		    "has read it.\n",
		    name, NUMBER(o->left, "article"), name);
}

static void
troubles(const struct stick *st)
{
	if (st->unreadable > 0)
		printf("Could not be read: %s.\n", NUMBER(st->unreadable, "file"));
	if (st->broken > 0)
		printf(
		    "Damaged on this stick: %s of ours. What was in it is packed anew.\n",
		    NUMBER(st->broken, "file"));
	if (st->damaged > 0)
		printf("Damaged in the spool and not sent: %s. Next: hearsay check\n",
		    NUMBER(st->damaged, "article"));
	if (st->signer.stuck > 0)
		printf("No persona here can sign %s. Next: hearsay status\n",
		    NUMBER(st->signer.stuck, "post"));
}

static void
for_people(const struct batcher *b, const struct stick *st)
{
	bool quiet = true;

	for (size_t i = 0; i < b->count; i++)
		came_in(&st->in[i]);
	troubles(st);
	if (!st->synced)
		return; /* nothing was to be written, or it could not be */
	for (size_t i = 0; i < b->count; i++) {
		going_out(&st->out[i]);
		quiet &= st->out[i].on_stick == 0 && !st->out[i].pairing;
	}
	if (b->count == 0)
		printf(
		    "You have no friends yet: hearsay invite NAME, or hearsay join.\n");
	else if (quiet)
		printf("%s\n",
		    st->written > 0
			? "Take it back where it came from: it says what arrived."
			: "Nothing to carry.");
	printf("Safe to pull out.\n");
}

static void
for_programs(const struct batcher *b, const struct stick *st)
{
	printf("files=%u unreadable=%u own=%u broken=%u removed=%u written=%u bytes=%llu"
	       " left=%llu unsigned=%llu%s%s\n",
	    st->files, st->unreadable, st->own, st->broken, st->removed, st->written,
	    (unsigned long long)st->bytes_written, (unsigned long long)st->left,
	    (unsigned long long)st->signer.stuck, st->written ? " name=" : "", st->name);
	for (size_t i = 0; i < b->count; i++) {
		const struct unpack *u = &st->in[i].sum;
		const struct stick_friend *o = &st->out[i];

		printf(
		    "friend=%s envelopes=%u known=%u articles=%llu duplicates=%llu"
		    " differing=%llu unwanted=%llu refused=%llu deferred=%llu damaged=%u"
		    " undecodable=%u paired=%u beaten=%u strangers=%u late=%u revoked=%u"
		    " packed=%llu on-stick=%llu left=%llu pairing=%d\n",
		    o->f->ring.name, u->envelopes, u->known,
		    (unsigned long long)u->articles, (unsigned long long)u->duplicates,
		    (unsigned long long)u->differing, (unsigned long long)u->unwanted,
		    (unsigned long long)u->refused, (unsigned long long)u->deferred,
		    u->damaged, u->undecodable, u->paired, u->beaten, u->strangers,
		    u->late, u->revoked, (unsigned long long)o->packed,
		    (unsigned long long)o->on_stick, (unsigned long long)o->left,
		    o->pairing);
	}
}

void
stick_report(const struct batcher *b, const struct stick *st, bool machine)
{
	if (machine)
		for_programs(b, st);
	else
		for_people(b, st);
}
