// Rules of any spelling as native text.
#pragma once

#include <string>

#include "compiler/driver/pipeline.h"

namespace bulkhead::driver {

// The first file's statements as native rules, formatted, with its comments above the statements they stood
// in. A view that would hide the table it reads gets another name. Empty when the compilation has errors.
std::string NativeText(Compilation& compilation);

}  // namespace bulkhead::driver
