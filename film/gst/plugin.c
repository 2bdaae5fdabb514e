// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for GStreamer 1.0: the elements that a pipeline needs for a film in restricted memory.
 *
 *	rstmemsrc	reads a film in FWHT and has the TEE decrypt it into restricted memory:
 *			properties location and licence
 *	rstmempool	gives the element before it restricted memory for pictures
 *
 * Between them stands v4l2fwhtdec, GStreamer's own, with rstmem_vdec; behind them kmssink with
 * rstmem_ramfb. docs/film.md has the pipeline.
 */
#include <gst/allocators/gstdmabuf.h>
#include <gst/base/gstbasetransform.h>
#include <gst/base/gstpushsrc.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <linux/tee_rstmem.h>
#include <rstmem.h>

#include "../decrypt.h"
#include "../mp4.h"

#define PACKAGE		"rstmem"
/* v4l2fwhtdec wants buffers of this size for frames of any size. */
#define FRAME_ROOM	(2 << 20)
#define FRAMES		2
#define PICTURES	4

/* A pool of restricted buffers. Its memory has their ids. */

typedef struct {
	GstBufferPool parent;
	struct rstmem *dev;
	GstAllocator *allocator;
	GstVideoInfo video;		/* of pictures; without a format for frames */
	guint size;
} RstmemPool;

typedef GstBufferPoolClass RstmemPoolClass;

static GType rstmem_pool_get_type(void);
G_DEFINE_TYPE(RstmemPool, rstmem_pool, GST_TYPE_BUFFER_POOL)

#define POOL(object)	((RstmemPool *)(object))

static GQuark id_quark(void)
{
	return g_quark_from_static_string("rstmem-id");
}

static const gchar **pool_get_options(GstBufferPool *pool)
{
	static const gchar *options[] = { GST_BUFFER_POOL_OPTION_VIDEO_META, NULL };

	(void)pool;
	return options;
}

static GstFlowReturn pool_alloc_buffer(GstBufferPool *parent, GstBuffer **buffer,
				       GstBufferPoolAcquireParams *params)
{
	RstmemPool *pool = POOL(parent);
	struct rstmem_buffer restricted;
	GstMemory *memory;
	int rc;

	(void)params;
	rc = rstmem_alloc(pool->dev, TEE_IOC_UC_SECURE_VIDEO_PLAY, pool->size, 0, &restricted);
	if (rc) {
		GST_ERROR_OBJECT(pool, "restricted memory: %s", rstmem_explain(rc));
		return GST_FLOW_ERROR;
	}
	/* The memory closes the descriptor; the id ends with the dma-buf. */
	memory = gst_dmabuf_allocator_alloc(pool->allocator, restricted.fd, restricted.size);
	gst_mini_object_set_qdata(GST_MINI_OBJECT(memory), id_quark(),
				  GINT_TO_POINTER(restricted.id), NULL);
	*buffer = gst_buffer_new();
	gst_buffer_append_memory(*buffer, memory);
	if (GST_VIDEO_INFO_FORMAT(&pool->video) == GST_VIDEO_FORMAT_UNKNOWN)
		return GST_FLOW_OK;
	gst_buffer_set_size(*buffer, pool->size);
	gst_buffer_add_video_meta_full(*buffer, 0, GST_VIDEO_INFO_FORMAT(&pool->video),
				       pool->video.width, pool->video.height, 1,
				       pool->video.offset, pool->video.stride);
	return GST_FLOW_OK;
}

static void pool_finalize(GObject *object)
{
	RstmemPool *pool = POOL(object);

	gst_object_unref(pool->allocator);
	G_OBJECT_CLASS(rstmem_pool_parent_class)->finalize(object);
	rstmem_close(pool->dev);
}

static void rstmem_pool_class_init(RstmemPoolClass *class)
{
	G_OBJECT_CLASS(class)->finalize = pool_finalize;
	class->get_options = pool_get_options;
	class->alloc_buffer = pool_alloc_buffer;
}

static void rstmem_pool_init(RstmemPool *pool)
{
	pool->allocator = gst_dmabuf_allocator_new();
}

/* Makes a pool of @dev, which it closes in the end. NULL on failure. */
static GstBufferPool *pool_new(struct rstmem *dev, GstCaps *caps, guint size, guint count)
{
	GstBufferPool *pool = g_object_new(rstmem_pool_get_type(), NULL);
	GstStructure *config = gst_buffer_pool_get_config(pool);

	gst_object_ref_sink(pool);
	POOL(pool)->dev = dev;
	POOL(pool)->size = size;
	gst_video_info_init(&POOL(pool)->video);
	gst_video_info_from_caps(&POOL(pool)->video, caps);
	gst_buffer_pool_config_set_params(config, caps, size, count, 0);
	gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
	gst_buffer_pool_set_config(pool, config);
	return pool;
}

/* rstmemsrc */

typedef struct {
	GstPushSrc parent;
	gchar *location, *licence;
	GMappedFile *file;
	struct mp4 film;
	struct decrypter decrypter;
	GstBufferPool *pool;
	unsigned int next;
} RstmemSrc;

typedef GstPushSrcClass RstmemSrcClass;

static GType rstmem_src_get_type(void);
G_DEFINE_TYPE(RstmemSrc, rstmem_src, GST_TYPE_PUSH_SRC)

#define SRC(object)	((RstmemSrc *)(object))

enum { PROP_LOCATION = 1, PROP_LICENCE };

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC,
	GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-fwht"));

static void src_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
	gchar **text = id == PROP_LOCATION ? &SRC(object)->location : &SRC(object)->licence;

	(void)spec;
	g_free(*text);
	*text = g_value_dup_string(value);
}

static void src_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
	(void)spec;
	g_value_set_string(value, id == PROP_LOCATION ? SRC(object)->location :
							SRC(object)->licence);
}

static GstCaps *film_caps(const struct mp4 *film)
{
	return gst_caps_new_simple("video/x-fwht", "width", G_TYPE_INT, film->width, "height",
				   G_TYPE_INT, film->height, "framerate", GST_TYPE_FRACTION,
				   film->timescale, film->duration, NULL);
}

/* Returns what went wrong, or NULL. */
static const char *src_open_film(RstmemSrc *src)
{
	const char *why;

	src->file = src->location ? g_mapped_file_new(src->location, FALSE, NULL) : NULL;
	if (!src->file)
		return "location: no such file";
	why = mp4_read(&src->film, (uint8_t *)g_mapped_file_get_contents(src->file),
		       g_mapped_file_get_length(src->file));
	return why || src->film.format == MP4_FWHT ? why : "not a film in FWHT";
}

static const char *src_open_tee(RstmemSrc *src)
{
	struct rstmem *dev;
	gchar *licence = NULL;
	gsize size = 0;
	const char *why;
	GstCaps *caps;
	int rc;

	if (src->licence && !g_file_get_contents(src->licence, &licence, &size, NULL))
		return "licence: no such file";
	rc = rstmem_open_via(NULL, RSTMEM_VIA_TEE, &dev);
	if (rc) {
		g_free(licence);
		return rstmem_explain(rc);
	}
	caps = film_caps(&src->film);
	/* Closes the device in the end. */
	src->pool = pool_new(dev, caps, FRAME_ROOM, FRAMES);
	gst_caps_unref(caps);
	why = decrypter_open(&src->decrypter, dev, &src->film, (uint8_t *)licence, size);
	g_free(licence);
	if (!why && src->decrypter.largest > FRAME_ROOM)
		return "a frame of more than 2 MiB";
	if (!why && !gst_buffer_pool_set_active(src->pool, TRUE))
		return "no restricted memory";
	return why;
}

static gboolean src_stop(GstBaseSrc *base)
{
	RstmemSrc *src = SRC(base);

	decrypter_close(&src->decrypter);
	if (src->pool)
		gst_buffer_pool_set_active(src->pool, FALSE);
	gst_clear_object(&src->pool);
	mp4_free(&src->film);
	g_clear_pointer(&src->file, g_mapped_file_unref);
	return TRUE;
}

static gboolean src_start(GstBaseSrc *base)
{
	RstmemSrc *src = SRC(base);
	const char *why = src_open_film(src);

	src->next = 0;
	if (!why)
		why = src_open_tee(src);
	if (!why)
		return TRUE;
	GST_ELEMENT_ERROR(src, RESOURCE, OPEN_READ, ("%s", why), (NULL));
	src_stop(base);
	return FALSE;
}

static GstCaps *src_get_caps(GstBaseSrc *base, GstCaps *filter)
{
	RstmemSrc *src = SRC(base);
	GstCaps *caps = src->pool ? film_caps(&src->film) :
				    gst_pad_get_pad_template_caps(GST_BASE_SRC_PAD(base)), *both;

	if (!filter)
		return caps;
	both = gst_caps_intersect_full(filter, caps, GST_CAPS_INTERSECT_FIRST);
	gst_caps_unref(caps);
	return both;
}

static GstFlowReturn src_create(GstPushSrc *base, GstBuffer **buffer)
{
	RstmemSrc *src = SRC(base);
	GstClockTime period = gst_util_uint64_scale(GST_SECOND, src->film.duration,
						    src->film.timescale);
	GstFlowReturn rc;
	GstMemory *memory;
	const char *why;

	if (src->next == src->film.count)
		return GST_FLOW_EOS;
	rc = gst_buffer_pool_acquire_buffer(src->pool, buffer, NULL);
	if (rc != GST_FLOW_OK)
		return rc;
	memory = gst_buffer_peek_memory(*buffer, 0);
	why = decrypter_frame(&src->decrypter, src->next,
			      GPOINTER_TO_INT(gst_mini_object_get_qdata(GST_MINI_OBJECT(memory),
									id_quark())),
			      FRAME_ROOM);
	if (why) {
		GST_ELEMENT_ERROR(src, STREAM, DECRYPT, ("%s", why), (NULL));
		gst_clear_buffer(buffer);
		return GST_FLOW_ERROR;
	}
	gst_buffer_set_size(*buffer, src->film.samples[src->next].size);
	if (!src->film.samples[src->next].key)
		GST_BUFFER_FLAG_SET(*buffer, GST_BUFFER_FLAG_DELTA_UNIT);
	GST_BUFFER_PTS(*buffer) = GST_BUFFER_DTS(*buffer) = src->next++ * period;
	GST_BUFFER_DURATION(*buffer) = period;
	return GST_FLOW_OK;
}

static void src_finalize(GObject *object)
{
	g_free(SRC(object)->location);
	g_free(SRC(object)->licence);
	G_OBJECT_CLASS(rstmem_src_parent_class)->finalize(object);
}

static void rstmem_src_class_init(RstmemSrcClass *class)
{
	GObjectClass *object = G_OBJECT_CLASS(class);
	GstElementClass *element = GST_ELEMENT_CLASS(class);

	object->set_property = src_set_property;
	object->get_property = src_get_property;
	object->finalize = src_finalize;
	g_object_class_install_property(object, PROP_LOCATION,
		g_param_spec_string("location", "location", "The film, a file", NULL,
				    G_PARAM_READWRITE));
	g_object_class_install_property(object, PROP_LICENCE,
		g_param_spec_string("licence", "licence",
				    "The film's licence, a file; none for a clear film", NULL,
				    G_PARAM_READWRITE));
	gst_element_class_add_static_pad_template(element, &src_template);
	gst_element_class_set_static_metadata(element, "Film in restricted memory",
		"Source/Video/Decryptor", "Has a TEE decrypt a film into restricted memory",
		"the authors of rstmem");
	GST_BASE_SRC_CLASS(class)->start = src_start;
	GST_BASE_SRC_CLASS(class)->stop = src_stop;
	GST_BASE_SRC_CLASS(class)->get_caps = src_get_caps;
	class->create = src_create;
}

static void rstmem_src_init(RstmemSrc *src)
{
	gst_base_src_set_format(GST_BASE_SRC(src), GST_FORMAT_TIME);
}

/* rstmempool */

typedef struct {
	GstBaseTransform parent;
} RstmemFilter;

typedef GstBaseTransformClass RstmemFilterClass;

static GType rstmem_filter_get_type(void);
G_DEFINE_TYPE(RstmemFilter, rstmem_filter, GST_TYPE_BASE_TRANSFORM)

static GstStaticPadTemplate filter_sink_template = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK,
	GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("BGRx")));
static GstStaticPadTemplate filter_src_template = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC,
	GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("BGRx")));

/* Buffers pass through. The pools behind it are of no use before it. */
static gboolean filter_propose_allocation(GstBaseTransform *filter, GstQuery *decided,
					  GstQuery *query)
{
	struct rstmem *dev;
	GstBufferPool *pool;
	GstVideoInfo video;
	GstCaps *caps;
	int rc;

	(void)decided;
	gst_query_parse_allocation(query, &caps, NULL);
	if (!caps || !gst_video_info_from_caps(&video, caps))
		return FALSE;
	rc = rstmem_open_via(NULL, RSTMEM_VIA_TEE, &dev);
	if (rc) {
		GST_ERROR_OBJECT(filter, "TEE: %s", rstmem_explain(rc));
		return FALSE;
	}
	pool = pool_new(dev, caps, video.size, PICTURES);
	gst_query_add_allocation_pool(query, pool, video.size, PICTURES, 0);
	gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
	gst_object_unref(pool);
	return TRUE;
}

static void rstmem_filter_class_init(RstmemFilterClass *class)
{
	GstElementClass *element = GST_ELEMENT_CLASS(class);

	gst_element_class_add_static_pad_template(element, &filter_sink_template);
	gst_element_class_add_static_pad_template(element, &filter_src_template);
	gst_element_class_set_static_metadata(element, "Pool of restricted memory",
		"Filter/Video", "Gives the element before it restricted memory for pictures",
		"the authors of rstmem");
	class->passthrough_on_same_caps = TRUE;
	class->propose_allocation = filter_propose_allocation;
}

static void rstmem_filter_init(RstmemFilter *filter)
{
	gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(filter), TRUE);
}

static gboolean plugin_init(GstPlugin *plugin)
{
	return gst_element_register(plugin, "rstmemsrc", GST_RANK_NONE, rstmem_src_get_type()) &&
	       gst_element_register(plugin, "rstmempool", GST_RANK_NONE,
				    rstmem_filter_get_type());
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, rstmem,
		  "Films in restricted memory", plugin_init, RSTMEM_VERSION, "GPL", PACKAGE,
		  PACKAGE)
