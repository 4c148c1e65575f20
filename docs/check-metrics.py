#!/usr/bin/env python3
"""Works out the metrics of an exported evaluation again, with scikit-learn and torchmetrics.

  bayescnn eval RUN --export DIR [--ood ...] [--ood-file ...]
  python docs/check-metrics.py DIR

Reads the exported probabilities and scores, never bayescnn's own figures, and prints each metric beside the one that
bayescnn reported. Needs numpy and scikit-learn; calibration errors are by torchmetrics where it is installed, else by
numpy. Ends with 1 when a figure differs by more than 1e-6.
"""
import csv
import json
import os
import sys

import numpy as np
from sklearn import metrics

try:
    import torch
    from torchmetrics.functional.classification import binary_calibration_error, multiclass_calibration_error
except ImportError:
    torch = None

LIMIT = 1e-6
BINS = 15
SCORES = {
    "predictive_entropy": lambda rows: rows["predictive_entropy"],
    "max_probability": lambda rows: 1 - rows["confidence"],
    "mutual_information": lambda rows: rows["mutual_information"],
}


def table(path):
    """The columns of a CSV file, as float64."""
    with open(path, newline="") as file:
        heads, *rows = csv.reader(file)
    values = np.array(rows, dtype=np.float64)
    return {head: values[:, i] for i, head in enumerate(heads)}


def entropy(p):
    return -(p * np.log(np.where(p > 0, p, 1))).sum(-1)


def binned(confidence, right):
    """|accuracy - confidence| of each of 15 bins (low, high] of equal width that has images, and its share of them."""
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    return [(abs(right[bins == b].mean() - confidence[bins == b].mean()), (bins == b).mean()) for b in np.unique(bins)]


def calibration(p, labels, norm):
    """Expected ("l1") or maximum ("max") calibration error of 15 bins of equal width, and who worked it out."""
    if torch is not None:
        error = multiclass_calibration_error(torch.from_numpy(p), torch.from_numpy(labels).long(), p.shape[1], BINS, norm)
        return error.item(), "torchmetrics"
    gaps = binned(p.max(1), p.argmax(1) == labels)
    return (sum(gap * share for gap, share in gaps) if norm == "l1" else max(gap for gap, _ in gaps)), "numpy"


def of_predictions(folder):
    """Metrics of the averaged distribution and of its samples: (name, value, source)."""
    p = np.load(os.path.join(folder, "mean_probabilities.npy"))
    samples = np.load(os.path.join(folder, "probabilities.npy")).astype(np.float64)
    labels = np.load(os.path.join(folder, "labels.npy"))
    classes = np.arange(p.shape[1])
    sklearn = "scikit-learn"
    yield "accuracy", metrics.accuracy_score(labels, p.argmax(1)), sklearn
    yield "top5_accuracy", metrics.top_k_accuracy_score(labels, p, k=5, labels=classes), sklearn
    yield "nll", metrics.log_loss(labels, p / p.sum(1, keepdims=True), labels=classes), sklearn
    yield "brier", metrics.brier_score_loss(labels, p, labels=classes, scale_by_half=False), sklearn
    yield "ece", *calibration(p, labels, "l1")
    yield "mce", *calibration(p, labels, "max")
    yield "signed_ece", p.max(1).mean() - (p.argmax(1) == labels).mean(), "numpy"
    yield "predictive_entropy", entropy(p).mean(), "numpy"
    yield "expected_entropy", entropy(samples).mean(), "numpy"
    yield "mutual_information", entropy(p).mean() - entropy(samples).mean(), "numpy"
    yield "aleatoric", (1 - (samples**2).sum(-1)).mean(), "numpy"
    yield "epistemic", ((samples - p) ** 2).sum(-1).mean(), "numpy"
    yield "classwise_ece", *classwise(p, labels)
    confidence, right = p.max(1), p.argmax(1) == labels
    accuracy = right.mean()
    # AUGRC by its relation to the area under the ROC curve of confidence (Traub et al. 2024).
    loss = (1 - metrics.roc_auc_score(right, confidence)) * accuracy * (1 - accuracy) if 0 < accuracy < 1 else 0
    yield "augrc", loss + (1 - accuracy) ** 2 / 2, sklearn
    yield from ((name, value, "numpy") for name, value in of_ranking(*ranked(confidence, right)))
    yield from ((name, value, "numpy") for name, value in of_votes(samples.argmax(-1), p.shape[1]))


def classwise(p, labels):
    """Mean over classes of the calibration error of one class's probability, and who worked it out."""
    if torch is None:
        errors = [binned(p[:, k], labels == k) for k in range(p.shape[1])]
        return np.mean([sum(gap * share for gap, share in error) for error in errors]), "numpy"
    truth = torch.from_numpy(labels).long()
    errors = [
        binary_calibration_error(torch.from_numpy(p[:, k].copy()), (truth == k).long(), BINS, "l1").item()
        for k in range(p.shape[1])
    ]
    return np.mean(errors), "torchmetrics"


def ranked(confidence, right):
    """Confidences, highest first, and their hits; those of equal confidences rise evenly."""
    order = np.argsort(-confidence)
    confidence, right = confidence[order], right[order].astype(float)
    _, group, size = np.unique(-confidence, return_inverse=True, return_counts=True)
    return confidence, np.bincount(group, right)[group] / size[group]


def of_ranking(confidence, even):
    """Adaptive calibration error, and selective prediction by confidence."""
    n = len(even)
    # From low to high, as bins of equal count are cut.
    bins = np.array_split(np.arange(n)[::-1], BINS)
    yield "adaptive_ece", sum(abs(even[b].sum() - confidence[b].sum()) for b in bins) / n
    risk = 1 - np.cumsum(even) / np.arange(1, n + 1)
    yield "aurc", risk.mean()
    yield "risk_at_80_coverage", risk[-(-4 * n // 5) - 1]
    accepted = np.flatnonzero(risk <= 0.05 + 1e-12)
    yield "coverage_at_5_risk", (accepted[-1] + 1) / n if len(accepted) else 0.0


def of_votes(votes, classes):
    """How the samples' predicted classes [samples, images] differ."""
    samples = len(votes)
    counts = np.stack([(votes == k).sum(0) for k in range(classes)])
    yield "variation_ratio", (1 - counts.max(0) / samples).mean()
    same = (counts * (counts - 1)).sum(0) / max(1, samples * (samples - 1))
    yield "disagreement", (1 - same).mean() if samples > 1 else 0.0


def of_outside(inside, outside):
    """Detection of a set by each score: (score, metric, value)."""
    truth = np.r_[np.zeros(len(inside["confidence"])), np.ones(len(outside["confidence"]))]
    for score, value in SCORES.items():
        values = np.r_[value(inside), value(outside)]
        yield score, "auroc", metrics.roc_auc_score(truth, values)
        for side, positive, ranked in (("out", truth, values), ("in", 1 - truth, -values)):
            false, true, _ = metrics.roc_curve(positive, ranked, drop_intermediate=False)
            yield score, f"aupr_{side}", metrics.average_precision_score(positive, ranked)
            yield score, f"fpr95_{side}", false[np.argmax(true >= 0.95 - 1e-12)]


def main(folder):
    with open(os.path.join(folder, "evaluation.json")) as file:
        report = json.load(file)
    rows = [(name, report[name], value, source) for name, value, source in of_predictions(folder)]
    inside = table(os.path.join(folder, "predictions.csv"))
    for entry in report.get("ood", []):
        name = "".join(c if c.isascii() and (c.isalnum() or c in "_.-") else "_" for c in entry["set"])
        outside = table(os.path.join(folder, f"ood-{name}.csv"))
        for score, metric, value in of_outside(inside, outside):
            rows.append((f"{entry['set']} {score} {metric}", entry[score][metric], value, "scikit-learn"))
    worst = 0.0
    for name, ours, theirs, source in rows:
        difference = abs(ours - float(theirs))
        worst = max(worst, difference)
        print(f"{name:50}  {ours:<20.15g}  {float(theirs):<20.15g}  {difference:8.1e}  {source}")
    print(f"largest difference of {len(rows)} figures: {worst:.2g} (limit {LIMIT:g})")
    sys.exit(0 if worst <= LIMIT else 1)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
