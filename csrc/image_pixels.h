/* image_pixels.h: walking over the pixels of a finished image, contract §9 and §10. */
#ifndef PB_IMAGE_PIXELS_H
#define PB_IMAGE_PIXELS_H

#include "pb_images.h"

/* The region of interest on the detector; ends are exclusive, and it may be empty. */
typedef struct pb_image_region {
    int32_t fast_begin, fast_end, slow_begin, slow_end;
} pb_image_region;

pb_image_region pb_counted_region(const pb_float_image *image);

/* PB_OK, or PB_BAD_ARGUMENT for an image without values or pixels. */
int pb_check_image(const pb_float_image *image);

#endif
