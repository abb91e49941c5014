"""The statistics that decide whether a speed target is met, against published tables and by hand."""

import contextlib
import io
import unittest
from unittest import mock

from compare import Bench, Goal, median_interval, number


class MedianIntervalTest(unittest.TestCase):

    def test_ranks_are_those_of_the_published_table(self):
        # Conover, "Practical Nonparametric Statistics", and any table of the sign test at 5 % two-sided: the critical values
        # are 0 for n = 6, 1 for n = 10 (9 and 11 too), 2 for n = 12, 5 for n = 20; the interval begins one rank above.
        for n, critical in ((6, 0), (9, 1), (10, 1), (11, 1), (12, 2), (20, 5)):
            values = list(range(1, n + 1))
            self.assertEqual(median_interval(values), (critical + 1, n - critical), f"n = {n}")

    def test_fewer_than_six_values_have_no_interval(self):
        self.assertIsNone(median_interval([1, 2, 3, 4, 5]))
        self.assertIsNone(median_interval([]))

    def test_order_does_not_matter(self):
        self.assertEqual(median_interval([5, 1, 4, 2, 6, 3]), (1, 6))


class GoalTest(unittest.TestCase):

    def test_at_most_is_met_when_the_upper_end_is_within_5_percent(self):
        self.assertEqual(Goal(0.9).verdict([0.80] * 8 + [0.94, 5.0]), "met")  # the 9th of 10 is the upper end
        self.assertEqual(Goal(0.9).verdict([0.80] * 8 + [0.95, 5.0]), "NOT met")  # 0.945 is the limit

    def test_at_least_is_met_when_the_lower_end_is_within_5_percent(self):
        self.assertEqual(Goal(3, most=False).verdict([0.1, 2.86] + [4] * 8), "met")
        self.assertEqual(Goal(3, most=False).verdict([0.1, 2.84] + [4] * 8), "NOT met")

    def test_fewer_than_ten_pairs_decide_nothing(self):
        self.assertEqual(Goal(0.9).verdict([0.1] * 9), "not decided: 9 of 10")

    def test_the_two_run_one_behind_the_other_in_alternating_order_and_others_beside_some_pairs(self):
        ran = []
        def side(name):
            def run():
                ran.append(name)
                return f"{name}{len(ran)}"
            return run
        with mock.patch.dict("os.environ", BENCH_PAIRS="3"), contextlib.redirect_stdout(None), contextlib.redirect_stderr(io.StringIO()):
            first, second, other = Bench("none", "", 60).pairs(side("a"), side("b"), others=[side("c")], times=2)
        self.assertEqual("".join(ran), "abc" + "ba" + "ab" + "ba" + "abc" + "ba")
        self.assertEqual(first, ["a1", "a5", "a6", "a9", "a10", "a14"])
        self.assertEqual(second, ["b2", "b4", "b7", "b8", "b11", "b13"])
        self.assertEqual(other, [("c3", "b2"), ("c12", "b11")])

    def test_numbers_have_three_digits(self):
        self.assertEqual([number(x) for x in (0, 0.01234, 0.9, 12.345, 1234567.8)], ["0", "0.0123", "0.900", "12.3", "1,234,568"])


if __name__ == "__main__":
    unittest.main()
