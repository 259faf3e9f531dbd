/* links: hearsay */
#include <assert.h>
#include <stddef.h>

#include "cli/persona.h"
#include "lib/carrier.h"
#include "lib/limits.h"
#include "lib/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a person types: nothing crashes, and what is accepted keeps its promises. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = { data, size };
	struct buf name = BUF_INIT(2 * NAME_MAX_LEN);
	struct buf back = BUF_INIT(HOST_MAX + 10);
	struct address a;
	const char *why = NULL;

	if (address_parse(v, &a, &why) == ERR_OK) {
		address_write(&a, &back);
		assert(view_eq(buf_view(&back), v));
		assert(a.numeric || address_class(&a) == ADDRESS_PUBLIC);
	}
	if (carrier_hint(v, &why) == ERR_OK)
		assert(v.len <= HINT_MAX &&
		    address_parse(view_slice(v, 4, v.len), &a, &why) == ERR_OK);
	if (persona_display(v, &why)) {
		persona_short(v, &name);
		assert(text_name(buf_view(&name)));
	}
	buf_release(&name);
	buf_release(&back);
	return 0;
}
