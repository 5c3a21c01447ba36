/* Keeps the open page true: asks how the session stands, counts the seconds down, and when something
 * has changed fetches the page anew and puts its words in place. The words are the server's alone;
 * without this script the page reloads itself. */
'use strict';

(() => {
    const OFTEN_MS = 2000, SELDOM_MS = 5000, AT_MOST_MS = 30000; /* between two questions */
    const QUIET_MS = 120000; /* without news so long: seldom */
    const ANSWER_MS = 10000;

    const main = document.querySelector('main');
    const offline = document.getElementById('offline');
    const clock = () => document.getElementById('clock');
    let failures = 0, timer = 0, newsAt = performance.now(), endsAt = 0;

    const isLive = () => Boolean(clock());

    async function fetched(url) {
        const cut = new AbortController();
        const timeout = setTimeout(() => cut.abort(), ANSWER_MS);
        try {
            const answer = await fetch(url, { cache: 'no-store', signal: cut.signal });
            if (!answer.ok && answer.status !== 404)
                throw new Error(String(answer.status));
            return { gone: answer.status === 404, text: await answer.text() };
        } finally {
            clearTimeout(timeout);
        }
    }

    /* The server says how long; the visitor's clock may be wrong and is not asked. */
    function startClock(seconds) {
        endsAt = performance.now() + seconds * 1000;
    }

    function two(number) {
        return String(number).padStart(2, '0');
    }

    function tick() {
        if (!isLive())
            return;
        const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
        const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60;
        clock().textContent = hours ? `${hours}:${two(minutes)}:${two(left % 60)}` : `${minutes}:${two(left % 60)}`;
    }

    /* Only what differs is touched: focus and the picture stay, and what is read aloud is news. */
    function replace(id, page) {
        const here = document.getElementById(id), there = page.getElementById(id);
        if (here.innerHTML === there.innerHTML)
            return;
        const hadFocus = here.contains(document.activeElement);
        here.replaceChildren(...there.childNodes);
        if (hadFocus)
            document.querySelector('h1').focus();
    }

    async function renew() {
        const page = new DOMParser().parseFromString((await fetched(location.href)).text, 'text/html');
        const there = page.querySelector('main');
        if (!there.dataset.version)
            throw new Error('not the page');
        ['state', 'panel', 'way'].forEach(id => replace(id, page));
        main.className = there.className;
        main.dataset.version = there.dataset.version;
        document.title = page.title;
        newsAt = performance.now();
    }

    async function look() {
        const id = location.pathname.split('/').pop(), language = document.documentElement.lang;
        const answer = await fetched(`${id}/status?lang=${language}`); /* a version is of one language */
        if (answer.gone) {
            location.reload();
            return;
        }
        const status = JSON.parse(answer.text);
        if (status.version !== main.dataset.version)
            await renew();
        startClock(status.secondsLeft);
        tick();
    }

    function pause() {
        if (failures)
            return Math.min(OFTEN_MS * 2 ** failures, AT_MOST_MS);
        return performance.now() - newsAt < QUIET_MS ? OFTEN_MS : SELDOM_MS;
    }

    async function ask() {
        try {
            await look();
            failures = 0;
        } catch (error) {
            failures++;
        }
        offline.hidden = failures < 2;
        offline.textContent = offline.hidden ? '' : offline.dataset.words;
        askLater(pause());
    }

    /* A page that nobody sees asks nothing; seen again, it asks at once. */
    function askLater(ms) {
        clearTimeout(timer);
        if (isLive() && !document.hidden)
            timer = setTimeout(ask, ms);
    }

    document.addEventListener('visibilitychange', () => askLater(0));
    document.addEventListener('click', event => {
        const button = event.target.closest('[data-copy]');
        if (button)
            navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = button.dataset.done; },
                                                                    () => { button.hidden = true; });
    });
    document.documentElement.classList.add('scripted');
    startClock(Number(main.dataset.left));
    setInterval(tick, 500);
    askLater(OFTEN_MS);
})();
