// A store that lives as long as the object.
#pragma once

#include <memory>

#include "runtime/store/store.h"

namespace bulkhead::store {

// A Reader that is alive makes Commit fail with StorageBusy: there is only one version of the data.
std::unique_ptr<Store> OpenMemory();

}  // namespace bulkhead::store
