// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shows the decoder in the media controller: two ends of memory, and the decoder between
 * them. v4l2-mem2mem would do this.
 */
#include <media/media-device.h>
#include <media/media-entity.h>
#include <media/v4l2-dev.h>

#include "vdec.h"

#define LINK_FLAGS	(MEDIA_LNK_FL_IMMUTABLE | MEDIA_LNK_FL_ENABLED)

static struct {
	struct media_entity entity;
	struct media_pad pads[2];
} source, decoder, sink;

static int entity_add(struct media_device *mdev, struct media_entity *entity,
		      const char *name, u32 function, struct media_pad *pads, u16 num)
{
	int rc;

	entity->obj_type = MEDIA_ENTITY_TYPE_BASE;
	entity->name = name;
	entity->function = function;
	rc = media_entity_pads_init(entity, num, pads);
	return rc ?: media_device_register_entity(mdev, entity);
}

static int entities_add(struct media_device *mdev, const struct video_device *node)
{
	int rc;

	source.pads[0].flags = MEDIA_PAD_FL_SOURCE;
	decoder.pads[0].flags = MEDIA_PAD_FL_SINK;
	decoder.pads[1].flags = MEDIA_PAD_FL_SOURCE;
	sink.pads[0].flags = MEDIA_PAD_FL_SINK;
	source.entity.info.dev.major = VIDEO_MAJOR;
	source.entity.info.dev.minor = node->minor;
	sink.entity.info.dev = source.entity.info.dev;

	rc = entity_add(mdev, &source.entity, "rstmem-vdec-source",
			MEDIA_ENT_F_IO_V4L, source.pads, 1) ?:
	     entity_add(mdev, &decoder.entity, "rstmem-vdec-proc",
			MEDIA_ENT_F_PROC_VIDEO_DECODER, decoder.pads, 2) ?:
	     entity_add(mdev, &sink.entity, "rstmem-vdec-sink",
			MEDIA_ENT_F_IO_V4L, sink.pads, 1);
	return rc ?: media_create_pad_link(&source.entity, 0, &decoder.entity, 0, LINK_FLAGS) ?:
		     media_create_pad_link(&decoder.entity, 1, &sink.entity, 0, LINK_FLAGS);
}

static int interface_add(struct media_device *mdev, const struct video_device *node)
{
	struct media_intf_devnode *intf;

	intf = media_devnode_create(mdev, MEDIA_INTF_T_V4L_VIDEO, 0, VIDEO_MAJOR, node->minor);
	if (!intf || !media_create_intf_link(&source.entity, &intf->intf, LINK_FLAGS) ||
	    !media_create_intf_link(&sink.entity, &intf->intf, LINK_FLAGS))
		return -ENOMEM;
	return 0;
}

/**
 * vdec_media_register() - show the decoder
 * @mdev:	initialized media device, for media_device_unregister()
 * @node:	registered video device
 *
 * Return: 0 or -errno.
 */
int vdec_media_register(struct media_device *mdev, const struct video_device *node)
{
	int rc;

	rc = media_device_register(mdev);
	if (rc)
		return rc;
	rc = entities_add(mdev, node) ?: interface_add(mdev, node);
	/* Removes the entities as well. */
	if (rc)
		media_device_unregister(mdev);
	return rc;
}
