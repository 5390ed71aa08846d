"""figures.py - what faces evaluate and calibrate print, against the definitions written down a second time: slowly, pair
by pair, in doubles. Standard library only."""
import itertools
import math
import re

import program


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other)) / math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))


def area(genuine, impostor):
    return sum((g > i) + (g == i) / 2 for g in genuine for i in impostor) / len(genuine) / len(impostor)


def equal_error(genuine, impostor):
    before = (0.0, 1.0)
    for threshold in sorted(set(genuine + impostor), reverse=True):
        accepts = sum(i >= threshold for i in impostor) / len(impostor)
        rejects = sum(g < threshold for g in genuine) / len(genuine)
        if accepts >= rejects:
            above, below = before[1] - before[0], accepts - rejects
            return before[0] + above / (above + below) * (accepts - before[0])
        before = (accepts, rejects)
    return before[0]


def true_accepts(genuine, impostor, rate):
    if rate * len(impostor) < 1:
        return None
    best = 0
    for threshold in genuine:
        if sum(i >= threshold for i in impostor) <= rate * len(impostor) + 1e-9:
            best = max(best, sum(g >= threshold for g in genuine))
    return best / len(genuine)


def rank_one(vectors, people, enrolled):
    """(by the mean, by the most similar): mean over rounds, for people with equally many photographs."""
    names = sorted(set(people))
    each = len(people) // len(names)
    of = {name: [i for i, person in enumerate(people) if person == name] for name in names}
    rates = [[], []]
    for start in range(each):
        chosen = {name: [of[name][(start + k) % each] for k in range(enrolled)] for name in names}
        mean = {name: [sum(column) for column in zip(*(unit(vectors[i]) for i in chosen[name]))] for name in names}
        right = [0, 0]
        probes = [i for i in range(len(people)) if i not in chosen[people[i]]]
        for i in probes:
            right[0] += max(names, key=lambda name: cosine(vectors[i], mean[name])) == people[i]
            right[1] += max(names, key=lambda name: max(cosine(vectors[i], vectors[k]) for k in chosen[name])) == people[i]
        for k in range(2):
            rates[k].append(right[k] / len(probes))
    return [sum(rate) / each for rate in rates]


def unit(vector):
    length = math.sqrt(sum(a * a for a in vector))
    return [a / length for a in vector]


def best_threshold(scores):
    """Of (similarity, same): the middle one of those that decide most pairs rightly."""
    values = sorted({similarity for similarity, _ in scores}, reverse=True)
    cuts = [values[0] + 1e-6] + [(a + b) / 2 for a, b in zip(values, values[1:])] + [values[-1]]
    right = [sum((similarity >= cut) == same for similarity, same in scores) for cut in cuts]
    best = [cut for cut, count in zip(cuts, right) if count == max(right)]
    return best[(len(best) - 1) // 2]


def accuracy(scores, threshold):
    return sum((similarity >= threshold) == same for similarity, same in scores) / len(scores)


def by_folds(folds):
    """(mean, standard error) of lists of (similarity, same)."""
    found = [accuracy(fold, best_threshold([score for other in folds if other is not fold for score in other]))
             for fold in folds]
    mean = sum(found) / len(found)
    return mean, math.sqrt(sum((value - mean) ** 2 for value in found) / (len(found) - 1) / len(found))


# ---- against the program ----

def table(output):
    """{label: (network's, pixels')} of what evaluate prints; None where it prints a dash."""
    rows = {}
    for line in output.splitlines():
        match = re.fullmatch(r"(.*?) +([-\d.]+)(?: %)? +([-\d.]+)(?: %)?", line)
        if match:
            rows[match[1]] = tuple(None if cell == "-" else float(cell) for cell in match.groups()[1:])
    return rows


def expect(rows, label, figures, decimals):
    """A problem, or None. Figures are shares, printed in percent with two decimals, or numbers with five."""
    if label not in rows:
        return f"no line \"{label}\""
    for found, wanted in zip(rows[label], figures):
        scaled = None if wanted is None else wanted * (100 if decimals == 2 else 1)
        if (found is None) != (scaled is None) or (found is not None and abs(found - scaled) > 0.6 * 10 ** -decimals):
            return f"\"{label}\": {rows[label]}, by definition {figures}"
    return None


def check_curves(count, name, rows, pairs):
    """pairs: of the network and of pixels, lists of (similarity, same)."""
    lists = [([s for s, same in scores if same], [s for s, same in scores if not same]) for scores in pairs]
    count.check(f"{name}: area", expect(rows, "area under the ROC curve", [area(*two) for two in lists], 5))
    count.check(f"{name}: equal error", expect(rows, "equal error rate", [equal_error(*two) for two in lists], 2))
    for rate in (0.01, 0.001):
        few = " (too few pairs)" if rate * len(lists[0][1]) < 1 else ""
        count.check(f"{name}: true accepts at {rate}",
                    expect(rows, f"true accepts at false accepts of {rate}{few}",
                           [true_accepts(*two, rate) for two in lists], 2))


def all_pairs(vectors, people):
    return [(cosine(vectors[i], vectors[k]), people[i] == people[k])
            for i, k in itertools.combinations(range(len(people)), 2)]


def less_mean(pictures, mean):
    return [[pixel - m for pixel, m in zip(picture, mean)] for picture in pictures]


def mean_of(pictures):
    return [sum(column) / len(pictures) for column in zip(*pictures)]


def check_folder(count, faces, folder):
    photographs = program.album(folder / "album", 6, 7, noise=85)
    (folder / "album" / "p1" / "notes.txt").write_text("no photograph")
    (folder / "album" / "p1" / ".hidden.pgm").write_text("no photograph")
    (folder / "album" / "empty").mkdir()
    (folder / "album" / "README.txt").write_text("no person")
    paths, people = list(photographs), [person for person, _ in photographs.values()]
    pictures = [picture for _, picture in photographs.values()]
    vectors, mean = faces.embeddings(paths), mean_of(pictures)
    status, output, error = faces("evaluate", str(folder / "album"), "--plot", str(folder / "roc.svg"))
    count.check("evaluate a folder", None if status == 0 else error)
    count.check("evaluate: what it is of", None if output.startswith(
        "42 photographs of 6 people: 126 pairs of one person, 735 of two\n") else output)
    svg = (folder / "roc.svg").read_text() if (folder / "roc.svg").exists() else ""
    count.check("evaluate: the plot", None if "</svg>" in svg and "small" in svg else "there is none")
    rows, others = table(output), less_mean(pictures, mean)
    check_curves(count, "a folder", rows, (all_pairs(vectors, people), all_pairs(others, people)))
    one = [rank_one(space, people, 1) for space in (vectors, others)]
    five = [rank_one(space, people, 5) for space in (vectors, others)]
    for label, figures in (("rank-1, one photograph enrolled", [rate[0] for rate in one]),
                           ("rank-1, five enrolled, by their mean", [rate[0] for rate in five]),
                           ("rank-1, five enrolled, by the most similar", [rate[1] for rate in five])):
        count.check(f"a folder: {label}", expect(rows, label, figures, 2))
    good = all(0.2 < rate[0] < 0.999 and 0.5 < value < 0.9999
               for rate, value in zip(one, rows["area under the ROC curve"]))
    count.check("the figures are neither perfect nor chance", None if good else f"{rows}")
    check_named(count, faces, folder, (paths, people, pictures))


def check_named(count, faces, folder, photographs):
    """--people: the mean picture is that of the others."""
    paths, people, pictures = photographs
    status, output, error = faces("evaluate", str(folder / "album"), "--people", "p5,p2")
    count.check("evaluate --people", None if status == 0 else error)
    inside = [i for i, person in enumerate(people) if person in (2, 5)]
    mean = mean_of([pictures[i] for i in range(len(people)) if i not in inside])
    named = [people[i] for i in inside]
    spaces = (faces.embeddings([paths[i] for i in inside]), less_mean([pictures[i] for i in inside], mean))
    check_curves(count, "--people", table(output), [all_pairs(space, named) for space in spaces])
    for names, words in (("p1,p9", 'there are no photographs of "p9"'), ("p", 'there are no photographs of "p"'),
                         ("p1", "to evaluate takes two people or more")):
        status, output, error = faces("evaluate", str(folder / "album"), "--people", names)
        count.check(f"evaluate --people {names}", None if status == 1 and words in error and not output else error + output)


def write_list(path, folds, each, people, photographs):
    """A list of pairs in LFW's form, by a fixed rule."""
    lines, pairs, at = [f"{folds}\t{each}"], [], 0
    for fold in range(folds):
        for same in (True, False):
            for _ in range(each):
                one, other = 1 + at % people, 1 + (at * 5 + 3) % people
                other += other == one
                other = 1 + (other - 1) % people
                k, m = 1 + at % photographs, 1 + (at * 3 + 2) % photographs
                m = 1 + m % photographs if same and m == k else m
                lines.append(f"p{one}\t{k}\t{m}" if same else f"p{one}\t{k}\tp{other}\t{m}")
                pairs.append((fold, same, (one, k), (one if same else other, m)))
                at += 1
    path.write_text("\n".join(lines) + "\n")
    return pairs


def check_pairs(count, faces, folder):
    photographs = program.album(folder / "pairs", 8, 5, noise=85)
    pairs = write_list(folder / "pairs.txt", 4, 15, 8, 5)
    named = {(person, k): str(folder / "pairs" / f"p{person}" / f"p{person}_{k:04d}.pgm")
             for person in range(1, 9) for k in range(1, 6)}
    paths = sorted({named[end] for pair in pairs for end in pair[2:]})
    pictures = [photographs[path][1] for path in paths]
    spaces = [dict(zip(paths, faces.embeddings(paths))), dict(zip(paths, less_mean(pictures, mean_of(pictures))))]
    scores = [[(fold, cosine(space[named[one]], space[named[other]]), same) for fold, same, one, other in pairs]
              for space in spaces]
    status, output, error = faces("evaluate", "--pairs", str(folder / "pairs.txt"), str(folder / "pairs"), "--scores",
                                  str(folder / "scores.csv"))
    count.check("evaluate --pairs", None if status == 0 and "all 4 folds" in output else error + output)
    rows = table(output)
    check_curves(count, "--pairs", rows, [[score[1:] for score in one] for one in scores])
    folds = [[[score[1:] for score in one if score[0] == fold] for fold in range(4)] for one in scores]
    results = [by_folds(one) for one in folds]
    count.check("--pairs: accuracy", expect(rows, "accuracy, threshold of the other 3 folds", [r[0] for r in results], 2))
    count.check("--pairs: standard error", expect(rows, "standard error of it", [r[1] for r in results], 2))
    written = [line.split(",") for line in (folder / "scores.csv").read_text().splitlines()[1:]]
    problem = None if len(written) == len(scores[0]) else f"{len(written)} lines"
    for line, (fold, similarity, same), (_, _, one, other) in zip(written, scores[0], pairs):
        if (int(line[0]), int(line[1]), line[3:]) != (fold + 1, same, [named[one], named[other]]) or \
                abs(float(line[2]) - similarity) > 1e-5:
            problem = f"{line}, by definition {similarity}"
    count.check("--scores", problem)
    check_parts(count, faces, folder, folds)


def check_parts(count, faces, folder, folds):
    """Of the four folds two, then one, are there."""
    parts = folder / "parts"
    for kept in ((0, 2), (2,)):
        list_ = (folder / "pairs.txt").read_text().splitlines()
        text = [list_[0]] + [line if i // 30 in kept else line.replace("p", "q") for i, line in enumerate(list_[1:])]
        parts.write_text("\n".join(text) + "\n")
        status, output, error = faces("evaluate", "--pairs", str(parts), str(folder / "pairs"))
        told = f"fold {', '.join(str(fold + 1) for fold in kept)} of the 4 of {parts}"
        there = status == 0 and told in output and "photographs are not all there" in output
        count.check(f"--pairs: {told}", None if there else error + output)
        own = [[one[fold] for fold in kept] for one in folds]
        if len(kept) == 1:
            label = "accuracy, threshold chosen on the same fold"
            figures = [accuracy(one[0], best_threshold(one[0])) for one in own]
        else:
            label, figures = "accuracy, threshold of the other 1 fold", [by_folds(one)[0] for one in own]
        count.check(f"--pairs: accuracy of {len(kept)} folds", expect(table(output), label, figures, 2))
    for words in (("--pairs", str(parts), "--people", "p1"), ("--scores", str(folder / "s"))):
        status, output, error = faces("evaluate", str(folder / "pairs"), *words)
        count.check(f"evaluate {words[0]} {words[-2]}: what does not go together",
                    None if status == 1 and words[-2] in error and not output else error + output)
    parts.write_text("1 1\nq1 1 2\nq1 1 q2 2\n")
    status, output, error = faces("evaluate", "--pairs", str(parts), str(folder / "pairs"))
    count.check("--pairs: nothing is there",
                None if status == 1 and "no fold of the pairs is there whole" in error else error + output)


def check_threshold(count, faces, folder):
    """calibrate: the rate is kept on the pairs that it was chosen on, and not by a threshold that is higher than need be."""
    photographs = program.album(folder / "album", 6, 7)
    paths, people = list(photographs), [person for person, _ in photographs.values()]
    scores = all_pairs(faces.embeddings(paths), people)
    impostor = sorted((s for s, same in scores if not same), reverse=True)
    gallery = str(folder / "calibrated")
    for rate in (0.01, 0.05):
        allowed = int(rate * len(impostor))
        status, output, error = faces("calibrate", gallery, "--far", str(rate), str(folder / "album"))
        count.check(f"calibrate --far {rate}", None if status == 0 else error)
        match = re.match(r"threshold ([\d.]+), .*accepts (\d+) of (\d+) pairs of two people, and (\d+) of (\d+)", output)
        accepted = sum(s > impostor[allowed] for s, same in scores if same)
        wanted = (allowed, len(impostor), accepted, len(scores) - len(impostor))
        good = match and tuple(int(number) for number in match.groups()[1:]) == wanted and \
            abs(float(match[1]) - impostor[allowed]) < 1e-4
        count.check(f"calibrate --far {rate}: what it says", None if good else f"{output}, by definition {wanted}")
    status, output, error = faces("calibrate", gallery, "--far", "0.001", str(folder / "album"))
    count.check("calibrate: a rate that so few pairs cannot show", None if status == 1 and
                "735 pairs of two people cannot show a false-accept rate of 0.001, which takes 1000" in error else error)
    before = faces("verify", gallery, "nobody", paths[0])[2]
    count.check("calibrate alone enrolls nobody", None if "nobody of the name nobody is enrolled" in before else before)
