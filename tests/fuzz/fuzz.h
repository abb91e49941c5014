// What a fuzz target is written with: a function of bytes that aborts when what it tests breaks its word.
//
// Each target is one file, fuzz_NAME.cc, with one function. Under clang it is a libFuzzer program; in every build it is also
// a program that replays files (replay.cc), so that the corpus is a test everywhere. An Error is a right answer to bad
// input; any other exception, a crash, or a broken promise is not.
#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace assay::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Whether `f` ends without an Error; the message of one must say something, and give no commands to a terminal.
template <class F>
bool accepted(F f) {
  try {
    f();
    return true;
  } catch (const Error& error) {
    const std::string_view message = error.what();
    ASSAY_ASSERT(message.size() > 5);
    for (const char c : message) ASSAY_ASSERT(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
    return false;
  }
}

}  // namespace assay::fuzz
