#include "lib/zip.h"

#include <stdlib.h>

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#define SMALL_PLAIN 4096u /* what most articles are below: chooses the table sizes */
#define LARGE_PLAIN                                                                      \
	(32u << 10)       /* from here on the dictionary's own window is too small */
#define FRAME_HEADER 0x00 /* no content size, no checksum, no dictionary id */

struct zip {
	int level;
	ZSTD_CCtx *cctx;
	ZSTD_CDict *cdict;
	ZSTD_DCtx *dctx;
	ZSTD_DDict *ddict;
};

enum err
zip_new(int level, struct zip **out)
{
	struct zip *z;

	if ((z = calloc(1, sizeof *z)) == NULL)
		return ERR_NOMEM;
	z->level = level < 1 ? 1 : level > 19 ? 19 : level;
	*out = z;
	return ERR_OK;
}

void
zip_free(struct zip *z)
{
	if (z == NULL)
		return;
	ZSTD_freeCCtx(z->cctx);
	ZSTD_freeCDict(z->cdict);
	ZSTD_freeDCtx(z->dctx);
	ZSTD_freeDDict(z->ddict);
	free(z);
}

/* A reader never packs and an importer never unpacks: each half is made when needed. */
static enum err
ready_pack(struct zip *z)
{
	struct view d = zip_dict();
	ZSTD_compressionParameters p;

	if (z->cctx != NULL && z->cdict != NULL)
		return ERR_OK;
	if (z->cctx == NULL && (z->cctx = ZSTD_createCCtx()) == NULL)
		return ERR_NOMEM;
	p = ZSTD_getCParams(z->level, SMALL_PLAIN, d.len);
	z->cdict = ZSTD_createCDict_advanced(
	    d.p, d.len, ZSTD_dlm_byRef, ZSTD_dct_rawContent, p, ZSTD_defaultCMem);
	return z->cdict == NULL ? ERR_NOMEM : ERR_OK;
}

static enum err
ready_unpack(struct zip *z)
{
	struct view d = zip_dict();

	if (z->dctx != NULL && z->ddict != NULL)
		return ERR_OK;
	if (z->dctx == NULL && (z->dctx = ZSTD_createDCtx()) == NULL)
		return ERR_NOMEM;
	z->ddict = ZSTD_createDDict_advanced(
	    d.p, d.len, ZSTD_dlm_byRef, ZSTD_dct_rawContent, ZSTD_defaultCMem);
	return z->ddict == NULL ? ERR_NOMEM : ERR_OK;
}

/* A large text needs a window over itself and the dictionary, and can pay for
 * loading it. */
static size_t
set_large(struct zip *z, size_t len, bool dict)
{
	struct view d = zip_dict();
	size_t r;

	r = ZSTD_CCtx_setParameter(z->cctx, ZSTD_c_compressionLevel, z->level);
	/* what zip_unpack refuses must not be made; smaller texts get smaller windows */
	if (!ZSTD_isError(r) && len > (1u << ZIP_WINDOW_LOG) - d.len)
		r = ZSTD_CCtx_setParameter(z->cctx, ZSTD_c_windowLog, ZIP_WINDOW_LOG);
	if (!ZSTD_isError(r) && dict)
		r = ZSTD_CCtx_refPrefix_advanced(
		    z->cctx, d.p, d.len, ZSTD_dct_rawContent);
	return r;
}

static enum err
pack(struct zip *z, struct view plain, bool dict, struct buf *out)
{
	size_t r, was = out->len, room = ZSTD_compressBound(plain.len);
	unsigned char *p;
	enum err e;

	if ((e = ready_pack(z)) != ERR_OK || (e = buf_err(out)) != ERR_OK)
		return e;
	if (room > out->cap - out->len)
		room = out->cap - out->len;
	if ((p = buf_grow(out, room)) == NULL)
		return buf_err(out);
	ZSTD_CCtx_reset(z->cctx, ZSTD_reset_session_and_parameters);
	r = ZSTD_CCtx_setParameter(z->cctx, ZSTD_c_format, ZSTD_f_zstd1_magicless);
	if (!ZSTD_isError(r))
		r = ZSTD_CCtx_setParameter(z->cctx, ZSTD_c_contentSizeFlag, 0);
	if (!ZSTD_isError(r))
		r = ZSTD_CCtx_setParameter(z->cctx, ZSTD_c_dictIDFlag, 0);
	if (!ZSTD_isError(r))
		r = dict && plain.len <= LARGE_PLAIN
		    ? ZSTD_CCtx_refCDict(z->cctx, z->cdict)
		    : set_large(z, plain.len, dict);
	if (!ZSTD_isError(r))
		r = ZSTD_compress2(z->cctx, p, room, plain.p, plain.len);
	buf_truncate(out, ZSTD_isError(r) ? was : was + r);
	if (!ZSTD_isError(r))
		return ERR_OK;
	return ZSTD_getErrorCode(r) == ZSTD_error_dstSize_tooSmall ? ERR_TOOBIG
								   : ERR_NOMEM;
}

enum err
zip_pack(struct zip *z, struct view plain, struct buf *out)
{
	return pack(z, plain, true, out);
}

enum err
zip_pack_plain(struct zip *z, struct view plain, struct buf *out)
{
	return pack(z, plain, false, out);
}

/* One frame straight into the caller's bytes: no window of our own, no second frame. */
static bool
decode(struct zip *z, struct view frame, unsigned char *p, size_t len)
{
	ZSTD_inBuffer in = { frame.p, frame.len, 0 };
	ZSTD_outBuffer out = { p, len, 0 };
	size_t r, was;

	do {
		was = in.pos + out.pos;
		r = ZSTD_decompressStream(z->dctx, &out, &in);
		if (ZSTD_isError(r))
			return false;
	} while (r != 0 && in.pos + out.pos != was);
	return r == 0 && in.pos == in.size && out.pos == len;
}

enum err
zip_unpack(struct zip *z, struct view frame, size_t plain_len, int dict, struct buf *out)
{
	size_t was = out->len;
	unsigned char *p;
	enum err e;

	if (frame.len == 0 || frame.p[0] != FRAME_HEADER)
		return ERR_SYNTAX;
	if ((e = ready_unpack(z)) != ERR_OK || (e = buf_err(out)) != ERR_OK)
		return e;
	if ((p = buf_grow(out, plain_len)) == NULL)
		return buf_err(out);
	ZSTD_DCtx_reset(z->dctx, ZSTD_reset_session_and_parameters);
	ZSTD_DCtx_setParameter(z->dctx, ZSTD_d_format, ZSTD_f_zstd1_magicless);
	ZSTD_DCtx_setParameter(z->dctx, ZSTD_d_windowLogMax, ZIP_WINDOW_LOG);
	ZSTD_DCtx_setParameter(z->dctx, ZSTD_d_stableOutBuffer, 1);
	if (dict)
		ZSTD_DCtx_refDDict(z->dctx, z->ddict);
	if (decode(z, frame, p, plain_len))
		return ERR_OK;
	buf_truncate(out, was);
	return ERR_SYNTAX;
}
