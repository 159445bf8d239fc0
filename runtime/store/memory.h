// A store that lives as long as the object.
#pragma once

#include <memory>

#include "runtime/store/store.h"

namespace bulkhead::store {

// There is only one version of the data, so a Reader and a Writer cannot be alive together: the second to come
// is StorageBusy.
std::unique_ptr<Store> OpenMemory();

}  // namespace bulkhead::store
