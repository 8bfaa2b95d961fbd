// Bars of calls, inbound upon outbound, and what there was before as a line. Chart.js comes with the admin's theme.

let chart;

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function dressed(told) {
    const text = color("--bo-muted");
    const column = (label, key, name) => ({ type: "bar", label, data: told.rows.map((row) => row[key]), backgroundColor: color(name), stack: "calls", order: 2 });
    return {
        data: {
            labels: told.rows.map((row) => row.label),
            datasets: [
                column("Inbound", "inbound", "--da-inbound"),
                column("Outbound", "outbound", "--da-outbound"),
                {
                    type: "line", label: told.before, data: told.rows.map((row) => row.before), order: 1, tension: 0,
                    borderColor: color("--da-before"), backgroundColor: color("--da-before"), borderWidth: 2, borderDash: [5, 3], pointRadius: 2, stack: "before",
                },
            ],
        },
        options: {
            animation: false, maintainAspectRatio: false, interaction: { mode: "index", intersect: false },
            plugins: { legend: { display: true, position: "top", align: "end", labels: { color: text, boxWidth: 12 } } },
            scales: {
                x: { stacked: true, grid: { display: false }, ticks: { color: text, maxRotation: 0, autoSkipPadding: 12 } },
                y: { stacked: true, beginAtZero: true, grid: { color: color("--bo-line") }, ticks: { color: text, precision: 0 }, border: { display: false } },
            },
        },
    };
}

export function drawVolume(canvas, told) {
    const { data, options } = dressed(told);
    if (chart) {
        chart.data = data;
        chart.options = options;
        chart.update();
    } else {
        chart = new window.Chart(canvas, { data, options });
        new MutationObserver(() => {
            const again = dressed(canvas.told);
            chart.data = again.data;
            chart.options = again.options;
            chart.update();
        }).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
    }
    canvas.told = told;
}
