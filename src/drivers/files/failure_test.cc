#include "drivers/files/failure.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace assay::files {
namespace {

TEST(FilesFailure, error_numbers_mean_what_man_pages_say) {
  struct {
    int error;
    FailureKind kind;
  } const kCases[] = {
      {ENOSPC, FailureKind::rejected},   {EDQUOT, FailureKind::rejected},  {EFBIG, FailureKind::rejected},
      {EMFILE, FailureKind::overloaded}, {EIO, FailureKind::disconnected}, {ESTALE, FailureKind::disconnected},
      {ETIMEDOUT, FailureKind::timeout}, {EACCES, FailureKind::rejected},  {EROFS, FailureKind::rejected},
      {ENOENT, FailureKind::rejected},   {EISDIR, FailureKind::rejected},  {ENAMETOOLONG, FailureKind::rejected}};
  for (const auto& c : kCases) EXPECT_EQ(classify(c.error), c.kind) << c.error;
}

TEST(FilesFailure, a_message_names_what_was_done_the_file_and_the_error) {
  const Failure failure = io_failure("writing", "out/users.csv", ENOSPC).value();
  EXPECT_EQ(failure.message, "writing out/users.csv: No space left on device");
  EXPECT_EQ(failure.native_code, "ENOSPC");
  EXPECT_EQ(io_failure("writing", "x", 99'999).value().message, "writing x: error 99999");
}

}  // namespace
}  // namespace assay::files
