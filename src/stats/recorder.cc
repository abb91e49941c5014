#include "stats/recorder.h"
