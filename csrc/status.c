/* What each status means, for people. */
#include "pb_core.h"

#define TEXT_OF(value) #value
#define TEXT(macro) TEXT_OF(macro)

const char *pb_status_text(int status)
{
    switch (status) {
    case PB_OK:
        return "all is well";
    case PB_BAD_ARGUMENT:
        return "a pointer is null, or a convention, pivot, crystal shape, behaviour or "
               "precision does not exist";
    case PB_BAD_INPUT:
        return "an input is NaN or infinite, or a length that must be above 0 is not, or a count "
               "is "
               "below 0";
    case PB_BAD_BEAM:
        return "wavelength, flux, exposure, beam size or water do not give finite numbers; check "
               "-lambda, -fluence, -flux, -exposure, -beamsize and -water";
    case PB_BAD_DETECTOR:
        return "the detector has no pixel, or more subpixels along an axis than 2147483647; "
               "check -detpixels, -detsize, -pixel and -oversample";
    case PB_BAD_GEOMETRY:
        return "the detector geometry does not give a plane at finite numbers; check the detector "
               "vectors, -distance, -close_distance and the detector rotations";
    case PB_BAD_CELL:
        return "the unit cell has no finite, non-zero volume; check -cell, -mat and the crystal "
               "size";
    case PB_BAD_OVERSAMPLE:
        return "oversampling must be 1 to " TEXT(
            PB_MAX_OVERSAMPLE) "; give -oversample (without "
                               "it the crystal size, -lambda, -distance and -pixel decide)";
    case PB_BAD_STEPS:
        return "a sweep has no step, or the steps are too many: at most " TEXT(
            PB_MAX_STEPS) " sources, " TEXT(PB_MAX_STEPS) " spindle angles times mosaic domains "
                                                          "and " TEXT(PB_MAX_EVALUATIONS) " evaluat"
                                                                                          "ions of "
                                                                                          "a "
                                                                                          "pixel; "
                                                                                          "check "
                                                                                          "-phistep"
                                                                                          "s, "
                                                                                          "-osc, "
                                                                                          "-mosaic_"
                                                                                          "domains,"
                                                                                          " -"
                                                                                          "divsteps"
                                                                                          ", "
                                                                                          "-dispste"
                                                                                          "ps, "
                                                                                          "-detecto"
                                                                                          "r_"
                                                                                          "thickste"
                                                                                          "ps and "
                                                                                          "-oversam"
                                                                                          "ple";
    case PB_BAD_SOURCE:
        return "a source has no direction or no wavelength above 0; check that the polarization "
               "vector is not along the beam, and the source file (X Y Z weight wavelength, "
               "metres)";
    case PB_BAD_TABLE:
        return "the structure-factor box has no entry, or reaches an end of the range of int32";
    case PB_OUTSIDE_DETECTOR:
        return "the pixel lies outside the detector";
    case PB_SMALL_BUFFER:
        return "the buffer has fewer rows than the pixel has evaluations";
    case PB_NOT_FINITE:
        return "the pixel does not come out finite; check the detector vectors, lengths and "
               "structure factors for values far out of range";
    default:
        return "unknown status";
    }
}
