/* links: batcher */
#include "batcher/personafile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "batcher/words.h"

static struct persona
ana(void)
{
	struct persona p = { .name = "ana" };

	memset(p.key.b, 7, sizeof p.key.b);
	ed25519_public(&p.key, p.pub);
	return p;
}

static void
seal(const unsigned char *secret, struct buf *file, struct buf *words)
{
	struct persona p = ana();

	buf_init(file, PERSONAFILE_MAX);
	buf_init(words, 1024);
	if (secret == NULL)
		assert_int_equal(
		    personafile_seal(&p, VIEW_LIT("Ana Lima"), file, words), ERR_OK);
	else
		assert_int_equal(
		    personafile_seal_with(secret, &p, VIEW_LIT("Ana Lima"), file, words),
		    ERR_OK);
}

static enum err
opens(struct view file, struct view words)
{
	struct buf display = BUF_INIT(DISPLAY_MAX);
	struct persona p = { 0 }, want = ana();
	enum err e = personafile_open(file, words, &p, &display);

	if (e == ERR_OK) {
		assert_memory_equal(&p.key, &want.key, sizeof p.key);
		assert_memory_equal(p.pub, want.pub, sizeof p.pub);
		assert_string_equal(p.name, "ana");
		assert_true(view_eqs(buf_view(&display), "Ana Lima"));
	}
	buf_release(&display);
	return e;
}

static void
what_was_exported_comes_back(void **state)
{
	struct buf file, words, other, others;

	(void)state;
	seal(NULL, &file, &words);
	seal(NULL, &other, &others);
	assert_int_equal(opens(buf_view(&file), buf_view(&words)), ERR_OK);
	assert_false(view_eq(buf_view(&file), buf_view(&other)));
	assert_int_equal(opens(buf_view(&file), buf_view(&others)), ERR_CRYPTO);
	buf_release(&file);
	buf_release(&words);
	buf_release(&other);
	buf_release(&others);
}

/* The format's vector: docs/persona.md. */
static void
the_vector_is_what_it_was(void **state)
{
	static const char want_file[] =
	    "hearsay-persona-file 1\n"
	    "l45xat7j5mfqmigsas7uskwt7zjicjglcebvrlepi5gf7lh24ygoub45hod67ect\n"
	    "oo43zplasqrt5tn2z3er74ejqu55wimybfpjlhsr3crnpnkwh7tfepuecbxj5cbz\n"
	    "uxsymabxtdpkroaiwehdtm2c5t5j6djkhd6nmgmsx5uwhh36um\n";
	static const char want_words[] =
	    "abacus algebra builder robot alpine blossom herring advice asphalt chisel "
	    "robin dinner bagpipe dentist banner lemon bedroom fairy gallop sapling "
	    "bonfire gondola poppy concert";
	unsigned char secret[PERSONAFILE_SECRET_LEN];
	struct buf file, words;

	(void)state;
	for (size_t i = 0; i < sizeof secret; i++)
		secret[i] = (unsigned char)i;
	seal(secret, &file, &words);
	assert_string_equal(buf_cstr(&file), want_file);
	assert_string_equal(buf_cstr(&words), want_words);
	assert_int_equal(opens(VIEW_LIT(want_file), VIEW_LIT(want_words)), ERR_OK);
	buf_release(&file);
	buf_release(&words);
}

static void
words_are_read_as_people_write_them(void **state)
{
	unsigned char bits[5], again[5];
	struct buf text = BUF_INIT(1024);

	(void)state;
	for (unsigned i = 0; i + 4 <= WORDS; i += 4) {
		buf_reset(&text);
		for (unsigned k = 0; k < 4; k++)
			buf_addf(&text, "%s%.*s", k > 0 ? "  " : "", k % 2 ? 4 : 7,
			    word(i + k));
		for (size_t k = 0; i % 8 == 0 && k < text.len; k++)
			if (text.p[k] >= 'a' && text.p[k] <= 'z')
				text.p[k] = (unsigned char)(text.p[k] - 'a' + 'A');
		assert_int_equal(words_read(buf_view(&text), 4, bits), ERR_OK);
		buf_reset(&text);
		words_add(&text, (struct view){ bits, sizeof bits }, 4);
		assert_int_equal(words_read(buf_view(&text), 4, again), ERR_OK);
		assert_memory_equal(bits, again, sizeof bits);
		assert_true(view_starts(buf_view(&text), word(i)));
	}
	assert_int_equal(
	    words_read(VIEW_LIT("abacus academy accent"), 4, bits), ERR_SYNTAX);
	assert_int_equal(
	    words_read(VIEW_LIT("abacus academy accent acorn acrobat"), 4, bits),
	    ERR_SYNTAX);
	assert_int_equal(
	    words_read(VIEW_LIT("abacus academy accent xyzzy"), 4, bits), ERR_SYNTAX);
	buf_release(&text);
}

static void
a_damaged_file_or_word_is_refused(void **state)
{
	struct buf file, words, bad;

	(void)state;
	seal(NULL, &file, &words);
	buf_init(&bad, PERSONAFILE_MAX);
	for (size_t i = 0; i < file.len; i++) {
		enum err e;

		buf_reset(&bad);
		buf_addv(&bad, buf_view(&file));
		bad.p[i] = bad.p[i] == 'a' ? 'b' : 'a';
		e = opens(buf_view(&bad), buf_view(&words));
		/* the very last character may hold bits that are not used */
		if (e == ERR_OK)
			fail_msg("byte %zu may be another", i);
	}
	for (size_t i = 0; i + 1 < file.len; i += 7)
		assert_int_not_equal(
		    opens(view_slice(buf_view(&file), 0, i), buf_view(&words)), ERR_OK);
	assert_int_equal(
	    opens(VIEW_LIT("hearsay-persona-file 2\naaaa\n"), buf_view(&words)),
	    ERR_VERSION);
	assert_int_equal(opens(buf_view(&file), VIEW_LIT("abacus")), ERR_SYNTAX);
	buf_release(&file);
	buf_release(&words);
	buf_release(&bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_exported_comes_back),
		cmocka_unit_test(the_vector_is_what_it_was),
		cmocka_unit_test(words_are_read_as_people_write_them),
		cmocka_unit_test(a_damaged_file_or_word_is_refused),
	};

	crypto_init();
	return cmocka_run_group_tests_name("personafile", tests, NULL, NULL);
}
