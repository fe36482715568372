/* The sentence of each status, for users. */
#include <stddef.h>

#include "pb_core.h"

#define TEXT_OF(value) #value
#define TEXT(macro) TEXT_OF(macro)

/* clang-format off: one sentence a status reads better than fragments that fit. */
static const char *const TEXTS[] = {
    [PB_OK] = "all is well",
    [PB_BAD_ARGUMENT] =
        "a pointer is null, or a convention, pivot, crystal shape, behaviour or precision does "
        "not exist",
    [PB_BAD_INPUT] =
        "an input is NaN or infinite, or a length that must be above 0 is not, or a count is "
        "below 0",
    [PB_BAD_BEAM] =
        "wavelength, flux, exposure, beam size or water do not give finite numbers; check "
        "-lambda, -fluence, -flux, -exposure, -beamsize and -water",
    [PB_BAD_DETECTOR] =
        "the detector has no pixel, or more subpixels along an axis than 2147483647; check "
        "-detpixels, -detsize, -pixel and -oversample",
    [PB_BAD_GEOMETRY] =
        "the detector geometry does not give a plane at finite numbers; check the detector "
        "vectors, -distance, -close_distance and the detector rotations",
    [PB_BAD_CELL] =
        "the unit cell has no finite, non-zero volume; check -cell, -mat and the crystal size",
    [PB_BAD_OVERSAMPLE] = "oversampling must be 1 to " TEXT(
        PB_MAX_OVERSAMPLE) "; give -oversample (without it "
                           "the crystal size, -lambda, -distance and -pixel decide)",
    [PB_BAD_STEPS] = "a sweep has no step, or the steps are too many: at most " TEXT(
        PB_MAX_STEPS) " sources, " TEXT(PB_MAX_STEPS) " spindle angles times mosaic domains "
                                                      "and " TEXT(PB_MAX_EVALUATIONS) " evaluations"
                                                                                      " of a "
                                                                                      "pixel; "
                                                                                      "check "
                                                                                      "range, step "
                                                                                      "and steps "
                                                                                      "of "
                                                                                      "-osc, "
                                                                                      "-divergence "
                                                                                      "(-hdiv..., "
                                                                                      "-vdiv...), "
                                                                                      "-dispersion "
                                                                                      "and "
                                                                                      "-detector_"
                                                                                      "thick, "
                                                                                      "-mosaic_"
                                                                                      "domains, "
                                                                                      "-sourcefile "
                                                                                      "and "
                                                                                      "-oversample",
    [PB_BAD_SOURCE] =
        "a source has no direction or no wavelength above 0; check that the polarization "
        "vector is not along the beam, -dispersion, and the source file (X Y Z weight "
        "wavelength, metres)",
    [PB_NO_SOURCE] =
        "the round beam leaves no source; give -hdivstep and -vdivstep smaller than -hdivrange and "
        "-vdivrange, or -square_div",
    [PB_BAD_TABLE] =
        "the structure-factor box has no entry, or reaches an end of the range of int32",
    [PB_OUTSIDE_DETECTOR] = "the pixel lies outside the detector",
    [PB_SMALL_BUFFER] = "the buffer has fewer rows than the pixel has evaluations",
    [PB_NOT_FINITE] =
        "the pixel does not come out finite; check the detector vectors, lengths and structure "
        "factors for values far out of range",
    [PB_STOPPED] = "the computation was stopped before its end",
};
/* clang-format on */

const char *pb_status_text(int status)
{
    const int known = status >= 0 && status < (int)(sizeof TEXTS / sizeof *TEXTS);
    return known && TEXTS[status] != NULL ? TEXTS[status] : "unknown status";
}
