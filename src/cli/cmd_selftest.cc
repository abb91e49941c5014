// assay selftest: what assay itself costs, on this machine, without a target: the engine's ceiling, the cost of a record
// and of a clock read.

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/signals.h"
#include "core/engine_cost.h"
#include "drivers/null/null.h"

#include <cstdio>

namespace assay::cli {
namespace {

std::span<const OptionSpec> selftest_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "duration",
       .type = OptionType::duration,
       .default_value = "3s",
       .help = "how long the engine is run",
       .min = 0.1,
       .max = 600},
      {.name = "clients",
       .type = OptionType::count,
       .default_value = "1",
       .help = "clients of the engine's run, on one thread",
       .min = 1,
       .max = 1e6},
      {.name = "json", .type = OptionType::flag, .default_value = "false", .help = "print JSON"},
  };
  return table;
}

RunOutcome run_engine(Nanos duration, std::uint64_t clients, std::stop_token stop) {
  const auto target = null_driver().open({.url = "null:", .options = Options(null_driver().info().options)});
  RunObserver nobody;
  return run(no_operations(*target, clients, duration), std::move(stop), nobody);
}

ExitCode carry_out_selftest(std::span<const std::string> arguments) {
  const std::span<const OptionSpec> tables[] = {selftest_options()};
  const Words words = take_apart(arguments, tables);
  if (words.help) {
    std::fputs(command_help(find_command("selftest")).c_str(), stdout);
    return ExitCode::ok;
  }
  if (!words.positional.empty())
    throw Error(fmt::format("selftest: unexpected word '{}'; expected options only", words.positional[0]));
  Options options{selftest_options()};
  Options* const all[] = {&options};
  assign(words, all);
  const SignalWatch signals("what was measured is shown");
  const double clock_ns = clock_cost_ns(), record_ns = record_cost_ns();
  const RunOutcome outcome =
      run_engine(options.duration("duration"), static_cast<std::uint64_t>(options.count("clients")), signals.token());
  const OperationStats& measured = outcome.groups[0].phases[static_cast<std::size_t>(Phase::measure)].operations[0];
  const double rate = static_cast<double>(measured.completed) / to_seconds(outcome.measure);
  const double cpu_ns = outcome.cost.cpu_seconds * 1e9 / static_cast<double>(measured.completed);
  if (options.flag("json"))
    fmt::print(
        "{{\"ops_per_second\": {:.0f}, \"cpu_ns_per_operation\": {:.1f}, \"ns_per_record\": {:.2f}, \"clock_ns\": "
        "{:.2f}, \"peak_rss_bytes\": {}}}\n",
        rate, cpu_ns, record_ns, clock_ns, outcome.cost.peak_rss_bytes);
  else
    fmt::print(
        "engine, one thread, full recording  {:.2f} M operations/s\nCPU an operation                    {:.1f} ns\n"
        "recording an operation              {:.1f} ns\nreading the clock                   {:.1f} ns\npeak memory     "
        "                    {:.1f} MiB\n",
        rate / 1e6, cpu_ns, record_ns, clock_ns, static_cast<double>(outcome.cost.peak_rss_bytes) / 1048576);
  return signals.stopped() ? ExitCode::interrupted : ExitCode::ok;
}

}  // namespace

Command selftest_command() {
  return {"selftest",
          "[options]",
          "Measure assay itself: operations/s of the engine, ns a record, cost of the clock.",
          false,
          {selftest_options()},
          carry_out_selftest};
}

}  // namespace assay::cli
