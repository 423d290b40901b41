"""The alignment laboratory: how many examples a learner needs, and whether that is what theory says.

A learner A and a target g. f = A(M examples) is a random function, for the examples and the initial weights are drawn.
A run at M succeeds if P_x[ max_i |f_i(x) - g_i(x)| <= eps ] >= 1 - delta, over a fresh x of the distribution of the
examples. g is (M, eps, delta)-learnable by A if a share of at least one half of all runs at M succeed (Xu et al. 2020,
definition 3.3, where f is written as if it were one function), and the sample complexity C_A(g, eps, delta) is the
least such M.

    binomial     Clopper and Pearson's bounds
    judge        one run: P_x, by as many fresh inputs as it takes
    threshold    where to run next, and the interval of C, from outcomes alone
    complexity   the estimate of C with its evidence, for anything that can be run
    problem      targets: inputs, eps in units of a target's deviation
    fitting      training of a network on M examples (torch)
    algorithms   whole algorithms learned by processors (torch)
    suite        TOML files that say what to estimate
    plan, run    what there is to do, and doing it
    record       what an estimate leaves behind, one JSON file; runs on the way are lines of another
    modules      n max_i C_i of a claimed alignment beside the network's own C
    bounds       Theorem 1 beside what is measured; exponents with their intervals
    report       the page
"""
