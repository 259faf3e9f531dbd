#include "lib/date.h"

#include "lib/text.h"

#define DAY 86400
#define YEAR_FIRST 1970
#define YEAR_LAST 9999

static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
	"Sep", "Oct", "Nov", "Dec" };
static const char weekdays[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

/* RFC 5322 4.3 and what 1980-2000 wrote; minutes east. Unknown ones are 0. */
static const struct {
	char name[5];
	int minutes;
} zones[] = {
	{ "GMT", 0 },
	{ "UT", 0 },
	{ "UTC", 0 },
	{ "EST", -300 },
	{ "EDT", -240 },
	{ "CST", -360 },
	{ "CDT", -300 },
	{ "MST", -420 },
	{ "MDT", -360 },
	{ "PST", -480 },
	{ "PDT", -420 },
	{ "BST", 60 },
	{ "WET", 0 },
	{ "WEST", 60 },
	{ "MET", 60 },
	{ "CET", 60 },
	{ "MEZ", 60 },
	{ "MEST", 120 },
	{ "CEST", 120 },
	{ "MESZ", 120 },
	{ "EET", 120 },
	{ "EEST", 180 },
	{ "IDT", 180 },
	{ "MSK", 180 },
	{ "MSD", 240 },
	{ "JST", 540 },
	{ "KST", 540 },
	{ "AEST", 600 },
	{ "NZST", 720 },
	{ "NZDT", 780 },
	{ "AST", -240 },
	{ "ADT", -180 },
	{ "NST", -210 },
	{ "NDT", -150 },
	{ "AKST", -540 },
	{ "AKDT", -480 },
	{ "HST", -600 },
};

/* What has been read so far; -1: not yet. */
struct reading {
	int day, month, year, hour, minute, second;
	int zone; /* minutes east */
	bool zoned, weekday;
};

/* Days since 1970-01-01 of a Gregorian date (years are counted from March). */
static int64_t
days_from(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int
month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static enum err
join(const struct reading *r, int64_t *out)
{
	int64_t t;

	if (r->year < YEAR_FIRST || r->year > YEAR_LAST || r->month < 1 ||
	    r->month > 12 || r->day < 1 || r->day > month_days(r->year, r->month) ||
	    r->hour < 0 || r->hour > 23 || r->minute < 0 || r->minute > 59 ||
	    r->second < 0 || r->second > 60)
		return ERR_SYNTAX;
	t = days_from(r->year, r->month, r->day) * DAY + r->hour * 3600 + r->minute * 60 +
	    r->second - (int64_t)r->zone * 60;
	if (t < 0 || t >= days_from(YEAR_LAST + 1, 1, 1) * DAY)
		return ERR_SYNTAX;
	*out = t;
	return ERR_OK;
}

/* A number of one to max digits; anything else: false. */
static bool
digits(struct view v, size_t max, int *out)
{
	uint64_t n;

	if (v.len > max || text_num(v, 0, 99999, &n) != ERR_OK)
		return false;
	*out = (int)n;
	return true;
}

/* hh:mm, hh:mm:ss, and a fraction of a second that is dropped */
static enum err
read_time(struct reading *r, struct view v)
{
	size_t n = view_chr(v, ':');
	struct view rest = view_slice(v, n + 1, v.len);
	size_t m = view_chr(rest, ':');
	struct view seconds = view_slice(rest, m + 1, rest.len);

	if (r->hour >= 0 || !digits(view_slice(v, 0, n), 2, &r->hour) ||
	    !digits(view_slice(rest, 0, m), 2, &r->minute))
		return ERR_SYNTAX;
	r->second = 0;
	if (m == rest.len)
		return ERR_OK;
	seconds = view_slice(seconds, 0, view_chr(seconds, '.'));
	return digits(seconds, 2, &r->second) ? ERR_OK : ERR_SYNTAX;
}

/* RFC 5322 4.3: two digits up to 49 are 20xx; others and three digits add 1900 */
static enum err
read_number(struct reading *r, struct view v)
{
	int n;

	if (!digits(v, 4, &n))
		return ERR_SYNTAX;
	if (r->day < 0 && v.len <= 2) {
		r->day = n;
	} else if (r->year < 0) {
		if (v.len <= 2)
			n += n < 50 ? 2000 : 1900;
		else if (v.len == 3)
			n += 1900;
		r->year = n;
	} else {
		return ERR_SYNTAX;
	}
	return ERR_OK;
}

/* +hhmm, and +hh as some wrote */
static enum err
read_offset(struct reading *r, struct view v)
{
	int sign = v.p[0] == '-' ? -1 : 1;
	int n;

	v = view_slice(v, 1, v.len);
	if ((v.len != 4 && v.len != 2) || !digits(v, 4, &n))
		return ERR_SYNTAX;
	if (v.len == 2)
		n *= 100;
	if (n % 100 > 59)
		return ERR_SYNTAX;
	r->zone =
	    sign * (n / 100 * 60 + n % 100); /* "EDT(-0400)", "GMT+0100": the last wins */
	r->zoned = true;
	return ERR_OK;
}

static bool
starts_name(struct view word, const char *name)
{
	return word.len >= 3 && view_caseeqs(view_slice(word, 0, 3), name);
}

static enum err
read_word(struct reading *r, struct view v)
{
	for (int i = 0; i < 12 && r->month < 0; i++)
		if (starts_name(v, months[i])) {
			r->month = i + 1;
			return ERR_OK;
		}
	for (int i = 0; i < 7 && !r->weekday; i++)
		if (starts_name(v, weekdays[i])) {
			r->weekday = true;
			return ERR_OK;
		}
	if (r->hour < 0 || r->zoned || v.len > 5)
		return ERR_SYNTAX;
	r->zoned = true;
	for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
		if (view_caseeqs(v, zones[i].name))
			r->zone = zones[i].minutes;
	return ERR_OK;
}

/* Skips blanks, folds, commas and comments. ERR_SYNTAX: a comment without end. */
static enum err
skip_blanks(struct view *v)
{
	size_t depth = 0, i = 0;

	for (; i < v->len; i++) {
		int c = v->p[i];

		if (c == '(')
			depth++;
		else if (c == ')' && depth-- == 0)
			return ERR_SYNTAX;
		else if (depth == 0 && c != ')' && c != ' ' && c != '\t' && c != '\r' &&
		    c != '\n' && c != ',')
			break;
	}
	*v = view_slice(*v, i, v->len);
	return depth == 0 ? ERR_OK : ERR_SYNTAX;
}

/* The length of the token at the front: letters, or digits with colons and dots. */
static size_t
token(struct view v, bool *word)
{
	size_t n = 0;

	*word = text_isalnum(v.p[0]) && !text_isdigit(v.p[0]);
	while (n < v.len && text_isalnum(v.p[n]) && text_isdigit(v.p[n]) != *word)
		n++;
	if (!*word)
		while (
		    n < v.len && (text_isdigit(v.p[n]) || v.p[n] == ':' || v.p[n] == '.'))
			n++;
	return n;
}

static enum err
read_token(struct reading *r, struct view *v)
{
	bool sign = v->p[0] == '+' || v->p[0] == '-';
	struct view t = sign ? view_slice(*v, 1, v->len) : *v;
	bool word;
	size_t n;

	if (t.len == 0)
		return ERR_SYNTAX;
	n = token(t, &word);
	t = view_slice(t, 0, n);
	if (n == 0)
		return ERR_SYNTAX;
	if (sign && r->hour >= 0 && !word)
		t = view_slice(*v, 0, n + 1);
	/* RFC 850 wrote 06-Nov-92; before the time a hyphen only parts */
	*v = view_slice(*v, sign ? n + 1 : n, v->len);
	if (v->len > 0 && v->p[0] == '.' && word)
		*v = view_slice(*v, 1, v->len); /* "Apr." */
	if (t.p[0] == '+' || t.p[0] == '-')
		return read_offset(r, t);
	if (word)
		return read_word(r, t);
	return view_chr(t, ':') < t.len ? read_time(r, t) : read_number(r, t);
}

enum err
date_parse(struct view v, int64_t *out)
{
	struct reading r = { -1, -1, -1, -1, -1, -1, 0, false, false };
	enum err e;

	if ((e = skip_blanks(&v)) != ERR_OK)
		return e;
	while (v.len > 0) {
		if ((e = read_token(&r, &v)) != ERR_OK)
			return e;
		if ((e = skip_blanks(&v)) != ERR_OK)
			return e;
	}
	return join(&r, out);
}

enum err
date_split(int64_t t, struct date_parts *out)
{
	int64_t days = t / DAY, rest = t % DAY;
	int64_t z, era, of_era, of_year, y, m;

	if (t < 0 || t >= days_from(YEAR_LAST + 1, 1, 1) * DAY)
		return ERR_SYNTAX;
	z = days + 719468;
	era = z / 146097;
	of_era = z - era * 146097;
	y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * y + y / 4 - y / 100);
	m = (5 * of_year + 2) / 153;
	*out = (struct date_parts){
		.year = (int)(y + era * 400 + (m >= 10)),
		.month = (int)(m < 10 ? m + 3 : m - 9),
		.day = (int)(of_year - (153 * m + 2) / 5 + 1),
		.hour = (int)(rest / 3600),
		.minute = (int)(rest / 60 % 60),
		.second = (int)(rest % 60),
		.weekday = (int)((days + 4) % 7),
	};
	return ERR_OK;
}

static void
fail(struct buf *b)
{
	if (b->e == ERR_OK)
		b->e = ERR_SYNTAX;
}

void
date_rfc5322(struct buf *b, int64_t t)
{
	struct date_parts d;

	if (date_split(t, &d) != ERR_OK) {
		fail(b);
		return;
	}
	buf_addf(b, "%s, %02d %s %04d %02d:%02d:%02d +0000", weekdays[d.weekday], d.day,
	    months[d.month - 1], d.year, d.hour, d.minute, d.second);
}

void
date_compact(struct buf *b, int64_t t)
{
	struct date_parts d;

	if (date_split(t, &d) != ERR_OK) {
		fail(b);
		return;
	}
	buf_addf(b, "%04d%02d%02d%02d%02d%02d", d.year, d.month, d.day, d.hour, d.minute,
	    d.second);
}

enum err
date_nntp(struct view day, struct view clock, int64_t now, int64_t *out)
{
	struct reading r = { 0 };
	struct date_parts today;
	size_t n = day.len == 8 ? 4 : 2;
	int64_t t;
	enum err e;

	if ((day.len != 6 && day.len != 8) || clock.len != 6 ||
	    !digits(view_slice(day, 0, n), n, &r.year) ||
	    !digits(view_slice(day, n, 2), 2, &r.month) ||
	    !digits(view_slice(day, n + 2, 2), 2, &r.day) ||
	    !digits(view_slice(clock, 0, 2), 2, &r.hour) ||
	    !digits(view_slice(clock, 2, 2), 2, &r.minute) ||
	    !digits(view_slice(clock, 4, 2), 2, &r.second))
		return ERR_SYNTAX;
	if (n == 2) {
		if ((e = date_split(now, &today)) != ERR_OK)
			return e;
		r.year += today.year / 100 * 100 - (r.year > today.year % 100 ? 100 : 0);
	}
	if (r.year >= YEAR_FIRST)
		return join(&r, out);
	/* "all that is newer than 1927": checked in a leap year, then the beginning */
	r.year = 2000;
	if ((e = join(&r, &t)) == ERR_OK)
		*out = 0;
	return e;
}
