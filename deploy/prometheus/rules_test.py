"""The alerts: promtool's own tests, their copy for the Prometheus operator, and their runbooks."""

import pathlib
import subprocess
import unittest

import yaml

ROOT = pathlib.Path(__file__).parents[2]
HERE = ROOT / "deploy/prometheus"


def rules():
    return yaml.safe_load((HERE / "rules.yaml").read_text())


def alerts(document):
    return [rule for group in document["groups"] for rule in group["rules"] if "alert" in rule]


class Rules(unittest.TestCase):
    def promtool(self, *arguments):
        done = subprocess.run(["promtool", *arguments], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_rules_are_right(self):
        self.promtool("check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")

    def test_alerts_fire_when_they_should(self):
        self.promtool("test", "rules", "rules_test.yaml")

    def test_every_alert_is_tested_to_fire(self):
        tests = yaml.safe_load((HERE / "rules_test.yaml").read_text())["tests"]
        fired = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}
        self.assertEqual(fired, {alert["alert"] for alert in alerts(rules())})

    def test_operator_has_the_same(self):
        resource = yaml.safe_load((ROOT / "deploy/kubernetes/components/monitoring/prometheus-rule.yaml").read_text())
        self.assertEqual(resource["spec"], rules())

    def test_every_alert_has_its_runbook(self):
        lines = (ROOT / "docs/operating.md").read_text().splitlines()
        sections = [line.removeprefix("### ") for line in lines if line.startswith("### Costs")]
        self.assertEqual(sections, [alert["alert"] for alert in alerts(rules())])
        for alert in alerts(rules()):
            self.assertEqual(alert["annotations"]["runbook"], f"docs/operating.md#{alert['alert'].lower()}")


if __name__ == "__main__":
    unittest.main()
