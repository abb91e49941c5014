// What kind of failure an error of MongoDB or of its client library is: one pure function, so that the rule can be read and
// tested as a table.
//
// Source: the server's error codes (src/mongo/base/error_codes.yml of MongoDB, "Error Codes" of its manual) and
// mongoc-error.h of libmongoc, whose domains say who speaks.
#pragma once

#include "base/result.h"

#include <cstdint>

namespace assay::mongodb {

/// Who made the error: the server in its answer, or the library, by what it was doing.
enum class Speaker : std::uint8_t { server, network, selection, authentication, library };

/// The speaker of an error of the library's second error API, by its domain and code.
Speaker speaker_of(std::uint32_t domain, std::uint32_t code) noexcept;

/// An unknown code of the server is `rejected`: it answered, and did not do it.
FailureKind classify(Speaker, std::uint32_t code) noexcept;

}  // namespace assay::mongodb
