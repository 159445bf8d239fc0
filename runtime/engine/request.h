// Checks of what a client and its token say, before any of it is evaluated. Private to the engine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace bulkhead::engine {

// That the text is one JSON object: bounded in bytes and depth, no member twice at its top (the check and the
// expressions could read different ones). `what` is named in the message.
Status CheckObject(std::string_view text, std::string_view what);

// That the claims have the declared types, and all that may not be NULL. Others are legal.
Status CheckClaims(const std::vector<plan::Claim>& claims, std::string_view auth);

// The parameters document that a subscription's expressions read: the given one with defaults for what it leaves
// out. InvalidRequest when a value has another type, is missing, or is not declared.
Result<std::string> SubscriptionParameters(const plan::Stream& stream, const std::optional<std::string>& given);

}  // namespace bulkhead::engine
