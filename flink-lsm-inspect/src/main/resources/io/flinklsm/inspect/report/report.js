'use strict';
(function () {
  const data = JSON.parse(document.getElementById('data').textContent);
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const charts = [];
  const byId = id => document.getElementById(id);

  // ------------------------------------------------------------------------------------- words

  const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  function bytes(value) {
    let unit = 0;
    let rest = Math.abs(value);
    while (rest >= 1024 && unit < UNITS.length - 1) {
      rest /= 1024;
      unit++;
    }
    return (value < 0 ? '-' : '') + (unit === 0 || rest >= 100 ? rest.toFixed(0) : rest.toFixed(1)) + ' ' + UNITS[unit];
  }
  const count = value => value < 0 ? '-' : value.toLocaleString('en-US');
  const time = millis => millis < 0 ? '-' : new Date(millis).toISOString().replace(/\.\d+Z$/, 'Z');

  // Controls, changes of writing direction and invisible characters, as the terminal shows them.
  function clean(text) {
    return String(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu, character => {
      let escaped = '';
      for (let i = 0; i < character.length; i++) {
        escaped += '\\u' + character.charCodeAt(i).toString(16).padStart(4, '0');
      }
      return escaped;
    });
  }
  // Charts take braces for the names of styles.
  const label = text => clean(text).replace(/[{}|]/g, '·');

  function add(parent, tag, text, className) {
    const element = document.createElement(tag);
    if (text !== undefined) {
      element.textContent = text;
    }
    if (className) {
      element.className = className;
    }
    parent.appendChild(element);
    return element;
  }

  const stateName = index => data.states[index].operator + ' / ' + data.states[index].state;

  // ------------------------------------------------------------------------------------- tables

  const PAGE = 100;
  function table(parent, columns, rows, name) {
    const tools = add(parent, 'div', undefined, 'tools');
    const filterLabel = add(tools, 'label', 'Filter ');
    const filter = add(filterLabel, 'input');
    filter.type = 'search';
    filter.setAttribute('aria-label', 'Filter ' + name);
    const status = add(tools, 'span');
    status.setAttribute('role', 'status');
    const element = add(parent, 'table');
    const head = add(add(element, 'thead'), 'tr');
    const body = add(element, 'tbody');
    const more = add(parent, 'button', 'Show more', 'more');
    more.type = 'button';
    let shown = PAGE;
    let order = -1;
    let direction = 1;

    const text = (column, row) => clean(column.show ? column.show(row[column.key]) : row[column.key]);
    for (const row of rows) {
      row.text = columns.map(column => text(column, row)).join('\u0000').toLowerCase();
    }

    columns.forEach((column, index) => {
      const cell = add(head, 'th', undefined, column.number ? 'number' : undefined);
      cell.setAttribute('scope', 'col');
      cell.setAttribute('aria-sort', 'none');
      const button = add(cell, 'button', column.title);
      button.type = 'button';
      button.addEventListener('click', () => {
        direction = order === index ? -direction : column.number ? -1 : 1;
        order = index;
        [...head.children].forEach((other, i) => other.setAttribute('aria-sort', i !== order ? 'none' : direction > 0 ? 'ascending' : 'descending'));
        draw();
      });
    });

    function draw() {
      const wanted = filter.value.toLowerCase();
      const fitting = wanted ? rows.filter(row => row.text.includes(wanted)) : rows.slice();
      if (order >= 0) {
        const key = columns[order].key;
        fitting.sort((left, right) => (left[key] < right[key] ? -1 : left[key] > right[key] ? 1 : 0) * direction);
      }
      body.textContent = '';
      for (const row of fitting.slice(0, shown)) {
        const line = add(body, 'tr');
        for (const column of columns) {
          add(line, 'td', text(column, row), column.number ? 'number' : undefined);
        }
      }
      more.hidden = fitting.length <= shown;
      status.textContent = count(Math.min(shown, fitting.length)) + ' of ' + count(rows.length);
    }
    filter.addEventListener('input', () => {
      shown = PAGE;
      draw();
    });
    more.addEventListener('click', () => {
      shown += PAGE * 5;
      draw();
    });
    draw();
  }

  // ------------------------------------------------------------------------------------- charts

  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function chart(id, make) {
    const element = byId(id);
    const one = { element, make, chart: null };
    charts.push(one);
    draw(one);
    return one;
  }

  function draw(one) {
    if (one.chart) {
      one.chart.dispose();
    }
    one.chart = echarts.init(one.element, dark.matches ? 'dark' : null, { renderer: 'canvas' });
    const option = one.make();
    option.backgroundColor = 'transparent';
    option.textStyle = { color: css('--ink') };
    // Dark enough for white letters, on light and on dark paper.
    option.color = ['#3d78c7', '#2f8767', '#b5652a', '#8a5bb5', '#b03a52', '#5c7a29', '#2c7f92', '#7a6a55', '#66707e'];
    option.animation = false;
    option.aria = { enabled: true };
    // On the canvas, where no name can become markup.
    option.tooltip = Object.assign({ renderMode: 'richText', confine: true }, option.tooltip);
    one.chart.setOption(option);
  }

  const byteAxis = () => ({ type: 'value', axisLabel: { formatter: bytes }, splitLine: { lineStyle: { color: css('--line') } } });

  function treemap() {
    return {
      tooltip: { formatter: info => info.treePathInfo.map(part => part.name).filter(name => name).join(' / ') + '\n' + bytes(info.value) },
      series: [{
        type: 'treemap', name: 'all', roam: false, leafDepth: 2, width: '100%', top: 0, bottom: 30, drillDownIcon: '', data: data.treemap.map(tree), breadcrumb: { itemStyle: { color: css('--panel') } },
        label: { overflow: 'truncate', formatter: info => info.name + '  ' + bytes(info.value) },
        upperLabel: { show: true, height: 22, color: css('--ink'), formatter: info => info.name + '  ' + bytes(info.value) },
        levels: [{ itemStyle: { gapWidth: 4, borderColor: css('--paper'), borderWidth: 0 } }, { itemStyle: { gapWidth: 2, borderColor: css('--line'), borderWidth: 2 } }, { colorSaturation: [0.35, 0.6], itemStyle: { gapWidth: 1, borderColorSaturation: 0.6 } }]
      }]
    };
  }
  function tree(node) {
    const result = { name: label(node.name), value: node.bytes };
    if (node.children) {
      result.children = node.children.map(tree);
    }
    return result;
  }

  function growth() {
    const series = (name, key) => ({ name, type: 'bar', stack: 'bytes', data: data.growth.map(point => point[key]) });
    return {
      tooltip: { trigger: 'axis', valueFormatter: bytes },
      legend: { textStyle: { color: css('--ink') } },
      grid: { left: 80, right: 20, bottom: 60 },
      xAxis: { type: 'category', data: data.growth.map(point => label(point.name)) },
      yAxis: byteAxis(),
      dataZoom: data.growth.length > 60 ? [{ type: 'slider' }] : [],
      series: [series('shared', 'shared'), series('rewritten', 'rewritten'), series('new', 'written')]
    };
  }

  function groups() {
    const points = [];
    const rows = [];
    let largest = 1;
    let last = 0;
    data.states.forEach((state, index) => {
      if (state.groups.length > 0) {
        const mean = state.groups.reduce((sum, group) => sum + group[1], 0) / state.groups.length;
        rows.push(label(stateName(index)));
        for (const group of state.groups) {
          const times = mean > 0 ? group[1] / mean : 0;
          largest = Math.max(largest, times);
          last = Math.max(last, group[0]);
          points.push([group[0], rows.length - 1, times, group[1]]);
        }
      }
    });
    byId('groups').style.height = Math.max(8, rows.length * 2 + 7) + 'rem';
    return {
      tooltip: { formatter: info => rows[info.value[1]] + '\nkey group ' + info.value[0] + ': ' + bytes(info.value[3]) + ', ' + info.value[2].toFixed(1) + ' times the average' },
      grid: { left: 220, right: 20, top: 10, bottom: 80 },
      xAxis: { type: 'category', data: Array.from({ length: last + 1 }, (unused, i) => String(i)), name: 'key group', nameLocation: 'middle', nameGap: 25 },
      yAxis: { type: 'category', data: rows, axisLabel: { width: 200, overflow: 'truncate' } },
      visualMap: { min: 0, max: Math.max(2, largest), calculable: true, orient: 'horizontal', left: 'center', bottom: 0, dimension: 2, textStyle: { color: css('--ink') },
        inRange: { color: dark.matches ? ['#1c222b', '#2f5d9c', '#f2b134', '#ff6b4a'] : ['#eef3fb', '#7fa8dd', '#e0a100', '#c0391b'] } },
      series: [{ type: 'heatmap', data: points, progressive: 2000 }]
    };
  }

  const selected = () => Number(byId('state').value || 0);

  function sizes() {
    const state = data.states[selected()];
    const all = state ? state.sizes : [];
    const from = Math.max(0, all.findIndex(value => value > 0));
    const shown = all.slice(from);
    return {
      tooltip: { trigger: 'axis', valueFormatter: count },
      grid: { left: 80, right: 20, bottom: 40 },
      xAxis: { type: 'category', data: shown.map((unused, i) => '≥ ' + bytes(Math.pow(2, from + i))) },
      yAxis: { type: 'value', splitLine: { lineStyle: { color: css('--line') } } },
      series: [{ type: 'bar', name: 'entries', data: shown, barCategoryGap: '5%' }]
    };
  }

  function levels() {
    const files = data.files.filter(file => file.index === selected())
      .sort((left, right) => left.level - right.level || (left.level === 0 ? right.generation - left.generation : 0) || left.from - right.from);
    const rows = [];
    const runOf = file => 'L' + file.level + (file.level === 0 ? ' #' + file.generation : '');
    for (const file of files) {
      const run = runOf(file);
      if (rows[rows.length - 1] !== run) {
        rows.push(run);
      }
    }
    byId('levels').style.height = Math.min(60, Math.max(8, rows.length * 1.6 + 5)) + 'rem';
    const place = new Map(rows.map((run, i) => [run, i]));
    return {
      tooltip: { formatter: info => runOf(files[info.dataIndex]) + '  ' + bytes(files[info.dataIndex].bytes) + '\n' + count(files[info.dataIndex].entries) + ' entries, ' + count(files[info.dataIndex].tombstones) + ' tombstones\nsubtask ' + files[info.dataIndex].subtask + (files[info.dataIndex].clipped ? ', clipped' : '') },
      grid: { left: 80, right: 20, top: 10, bottom: 40 },
      xAxis: { type: 'value', name: 'key group', nameLocation: 'middle', nameGap: 25, min: range => Math.floor(range.min), max: range => Math.ceil(range.max), splitLine: { show: false } },
      yAxis: { type: 'category', data: rows, inverse: true },
      series: [{
        type: 'custom', progressive: 1000, encode: { x: [1, 2], y: 0 },
        data: files.map(file => [place.get(runOf(file)), file.from, file.to]),
        renderItem: (parameters, api) => {
          const from = api.coord([api.value(1), api.value(0)]);
          const to = api.coord([api.value(2), api.value(0)]);
          const height = Math.max(2, Math.min(18, api.size([0, 1])[1] * 0.7));
          return { type: 'rect', shape: { x: from[0], y: from[1] - height / 2, width: Math.max(1, to[0] - from[0]), height }, style: { fill: files[parameters.dataIndex].clipped ? '#c96f1a' : '#3d78c7', stroke: css('--paper'), lineWidth: 1 } };
        }
      }]
    };
  }

  function ttl() {
    const rows = data.states.filter(state => state.ttl);
    const names = ['under 1 min', '1 to 10 min', '10 min to 1 h', '1 to 6 h', '6 h to 1 day', '1 to 7 days', '7 to 30 days', 'over 30 days'];
    const none = data.states.filter(state => !state.ttl).reduce((sum, state) => sum + state.bytes, 0);
    return {
      tooltip: { valueFormatter: bytes },
      legend: { textStyle: { color: css('--ink') }, type: 'scroll' },
      grid: { left: 220, right: 20, bottom: 30 },
      xAxis: byteAxis(),
      yAxis: { type: 'category', data: rows.map(state => label(state.operator + ' / ' + state.state)).concat('no time to live'), axisLabel: { width: 200, overflow: 'truncate' } },
      series: names.map((name, age) => ({ name, type: 'bar', stack: 'ages', data: rows.map(state => state.ttl.ages[age]).concat(0) }))
        .concat({ name: 'no time to live', type: 'bar', stack: 'ages', data: rows.map(() => 0).concat(none) })
    };
  }

  // -------------------------------------------------------------------------------------- page

  byId('about').textContent = clean(data.location) + ' · ' + data.kind + (data.id < 0 ? '' : ' ' + data.id) + ' · ' + time(data.created) + ' · ' + bytes(data.fileBytes) + ' in ' + count(data.files.length) + ' SSTables · report of ' + time(data.generated);
  for (const finding of data.findings) {
    const item = add(byId('findings'), 'li');
    add(item, 'strong', clean(stateName(finding.index)) + ': ');
    item.append(clean(finding.text) + '.');
    add(item, 'span', 'What to do: ' + clean(finding.advice) + '.', 'advice');
  }
  if (data.findings.length === 0) {
    byId('findings').replaceWith(Object.assign(document.createElement('p'), { id: 'findings', textContent: 'None.' }));
  }
  const select = byId('state');
  data.states.forEach((state, index) => {
    const option = add(select, 'option', clean(stateName(index)) + ' · ' + bytes(state.fileBytes));
    option.value = String(index);
  });
  if (data.states.length > 0) {
    select.value = String(data.states.reduce((best, state, i) => state.fileBytes > data.states[best].fileBytes ? i : best, 0));
  }
  const withTtl = data.states.filter(state => state.ttl);
  byId('ttl-note').textContent = withTtl.length === 0
    ? 'No state has a time to live that stands in columns.'
    : 'Live data by the time since their last access. ' + (withTtl.some(state => state.ttl.expired >= 0)
      ? 'Expired: ' + bytes(withTtl.reduce((sum, state) => sum + Math.max(0, state.ttl.expired), 0)) + '.'
      : 'A checkpoint does not say how long entries live: --ttl does.');

  chart('treemap', treemap);
  chart('growth', growth);
  chart('groups', groups);
  const ofState = [chart('sizes', sizes), chart('levels', levels)];
  if (withTtl.length > 0) {
    chart('ttl', ttl);
  } else {
    byId('ttl').remove();
  }
  select.addEventListener('change', () => ofState.forEach(draw));
  dark.addEventListener('change', () => charts.forEach(draw));
  window.addEventListener('resize', () => charts.forEach(one => one.chart.resize()));
  window.addEventListener('beforeprint', () => charts.forEach(one => one.chart.resize()));

  table(byId('keys'), [
    { title: 'operator', key: 'operator' }, { title: 'state', key: 'state' }, { title: 'key group', key: 'group', number: true },
    { title: 'key', key: 'key' }, { title: 'stored entries', key: 'entries', number: true, show: count },
    { title: 'tombstones', key: 'tombstones', number: true, show: count }, { title: 'stored data', key: 'bytes', number: true, show: bytes }
  ], data.keys, 'keys');
  table(byId('states'), [
    { title: 'operator', key: 'operator' }, { title: 'state', key: 'state' }, { title: 'types', key: 'types' },
    { title: 'keys', key: 'keys', number: true, show: count }, { title: 'stored entries', key: 'entries', number: true, show: count },
    { title: 'tombstones', key: 'tombstones', number: true, show: count }, { title: 'stored data', key: 'bytes', number: true, show: bytes },
    { title: 'files', key: 'fileBytes', number: true, show: bytes }
  ], data.states, 'states');
  table(byId('files'), [
    { title: 'operator', key: 'operator' }, { title: 'state', key: 'state' }, { title: 'subtask', key: 'subtask', number: true },
    { title: 'level', key: 'level', number: true }, { title: 'generation', key: 'generation', number: true },
    { title: 'entries', key: 'entries', number: true, show: count }, { title: 'tombstones', key: 'tombstones', number: true, show: count },
    { title: 'size', key: 'bytes', number: true, show: bytes }, { title: 'written', key: 'written', show: time },
    { title: 'shared', key: 'shared' }, { title: 'file', key: 'location' }
  ], data.files.map(file => Object.assign(file, { operator: data.states[file.index].operator, state: data.states[file.index].state })), 'SSTables');
  document.documentElement.dataset.ready = 'true';
})();
