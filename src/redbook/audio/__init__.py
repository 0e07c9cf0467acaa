"""Sound files to 44.1 kHz 16-bit stereo sectors. The only part that needs av, numpy, soxr and miniaudio."""
