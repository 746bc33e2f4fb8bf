-- get: wrk reads one message again and again.
wrk.path = os.getenv("BENCH_PATH")
wrk.headers["Authorization"] = os.getenv("BENCH_AUTHORIZATION")
