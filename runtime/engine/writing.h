// The implementations of Batch and Load. Private to the engine.
#pragma once

#include <memory>

#include "runtime/engine/state.h"

namespace bulkhead::engine {

std::unique_ptr<Batch> MakeBatch(EngineState& state);
// Begins the load in the store, or finds it begun.
Result<std::unique_ptr<Load>> MakeLoad(EngineState& state);

}  // namespace bulkhead::engine
